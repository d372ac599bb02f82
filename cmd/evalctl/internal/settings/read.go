package settings

import (
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
)

// maxBytes is far above what settings need.
const maxBytes = 1 << 20

// maxNodes bounds what a file says once its aliases are followed: some lines of them
// can stand for more than memory has.
const maxNodes = 1 << 20

// read returns the content of a settings file, which comes with a checkout and may
// be anything: what is no regular file may block or have no end.
func read(file string) (data []byte, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if err := regular(file, info); err != nil {
		return nil, err
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := opened.Close(); err == nil {
			err = closeErr
		}
	}()
	// It may have been replaced meanwhile.
	if info, err = opened.Stat(); err != nil {
		return nil, err
	}
	if err := regular(file, info); err != nil {
		return nil, err
	}
	if data, err = io.ReadAll(io.LimitReader(opened, maxBytes+1)); err != nil {
		return nil, err
	}
	return data, small(file, data)
}

func regular(file string, info os.FileInfo) error {
	switch {
	case info.IsDir():
		return &Error{File: file, Message: "is a directory"}
	case !info.Mode().IsRegular():
		return &Error{File: file, Message: "is no regular file"}
	}
	return nil
}

func small(file string, data []byte) error {
	if len(data) > maxBytes {
		return &Error{File: file, Message: fmt.Sprintf("more than %d bytes", maxBytes)}
	}
	return nil
}

// bounded refuses a tree whose aliases stand for too much, or for themselves.
func (p *parser) bounded(root *yaml.Node) error {
	const unknown = -1 // it is being counted
	sizes := map[*yaml.Node]int{}
	var size func(node *yaml.Node) (int, error)
	size = func(node *yaml.Node) (int, error) {
		if known, ok := sizes[node]; ok {
			if known == unknown {
				return 0, p.errorf(node, "an alias stands for what it is in")
			}
			return known, nil
		}
		if node.Anchor != "" {
			sizes[node] = unknown
		}
		total, parts := 1, node.Content
		if node.Kind == yaml.AliasNode {
			parts = []*yaml.Node{node.Alias}
		}
		for _, part := range parts {
			more, err := size(part)
			if err != nil {
				return 0, err
			}
			if total += more; total > maxNodes {
				return 0, p.errorf(node, "the aliases stand for more than %d values", maxNodes)
			}
		}
		if node.Anchor != "" {
			sizes[node] = total
		}
		return total, nil
	}
	_, err := size(root)
	return err
}
