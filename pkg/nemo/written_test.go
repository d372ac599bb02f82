package nemo_test

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// written is a results.yml that holds these scores: a group that is named with a
// "/" is written under that name and not nested, which reads as the same.
func written(scores []nemo.Score) []byte {
	root := mapping()
	results := child(root, "results")
	for _, s := range scores {
		leaf := results
		for _, key := range []string{s.Section, s.Name, "metrics", s.Metric, "scores", s.Score} {
			leaf = child(leaf, key)
		}
		value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}
		switch s.Invalid {
		case "":
			value.Value = s.Value.String()
		case "null":
			value.Tag, value.Value = "!!null", "null"
		case "nan", "infinite":
			value.Value = strings.TrimSuffix(s.Invalid, "inite")
		default:
			value.Value = "?"
		}
		if s.Invalid != "absent" {
			leaf.Content = append(leaf.Content, scalar("value"), value)
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	if err := encoder.Encode(root); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
}

// child returns the mapping under a key, made if it is not there.
func child(parent *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(parent.Content); i += 2 {
		if parent.Content[i].Value == key {
			return parent.Content[i+1]
		}
	}
	made := mapping()
	parent.Content = append(parent.Content, scalar(key), made)
	return made
}
