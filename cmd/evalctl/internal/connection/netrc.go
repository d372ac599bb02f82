package connection

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// netrc finds the login for a host in the file that NETRC names, else in
// ~/.netrc or ~/_netrc: the files of Python's requests, on which MLflow's client
// stands. A file that cannot be read is ignored there, and a note here.
func (s Source) netrc(host string) (found login, path, note string) {
	var paths []string
	if named := s.Getenv("NETRC"); named != "" {
		paths = []string{s.expand(named)}
	} else if s.Home != "" {
		paths = []string{filepath.Join(s.Home, ".netrc"), filepath.Join(s.Home, "_netrc")}
	}
	for _, path := range paths {
		text, err := s.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var entries netrc
		if err == nil {
			entries, err = parseNetrc(string(text))
		}
		if err != nil {
			return login{}, "", fmt.Sprintf("%s was ignored: %v", path, reason(err))
		}
		return entries.login(host), path, ""
	}
	return login{}, "", ""
}

// expand replaces a leading ~ by the home directory.
func (s Source) expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && s.Home != "" && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator) {
		return filepath.Join(s.Home, rest)
	}
	return path
}

// netrc is the content of a netrc file.
type netrc struct {
	hosts    map[string]login
	fallback login // of the entry "default"
}

// login is the entry for a host, else the default one.
func (n netrc) login(host string) login {
	if found, ok := n.hosts[host]; ok {
		return found
	}
	return n.fallback
}

// parseNetrc reads a netrc file in the dialect of Python's netrc module: words
// between white space, which may be in double quotes and where a backslash takes
// the next character as it is; comments from a word that begins with # to the end
// of the line; macros up to an empty line. Errors give the line and quote nothing.
func parseNetrc(text string) (netrc, error) {
	parsed := netrc{hosts: map[string]login{}}
	words := &netrcWords{rest: text, line: 1}
	for {
		word, ok := words.next()
		switch {
		case !ok:
			return parsed, nil
		case strings.HasPrefix(word, "#"):
			words.skipComment()
		case word == "machine":
			name, _ := words.next()
			if name == "" {
				return netrc{}, words.errorf("a machine without a name")
			}
			entry, err := words.entry()
			if err != nil {
				return netrc{}, err
			}
			parsed.hosts[name] = entry
		case word == "default":
			entry, err := words.entry()
			if err != nil {
				return netrc{}, err
			}
			parsed.fallback = entry
		case word == "macdef":
			if _, ok := words.next(); !ok {
				return netrc{}, words.errorf("a macro without a name")
			}
			words.skipMacro()
		default:
			return netrc{}, words.errorf("a word that is no keyword")
		}
	}
}

// netrcWords cuts a netrc file into words.
type netrcWords struct {
	rest   string
	line   int  // of what comes next
	atLine int  // where the last word began
	ended  bool // the last word was ended by a new line
	pushed []string
}

func (w *netrcWords) errorf(what string) error { return fmt.Errorf("line %d: %s", w.atLine, what) }

// next returns a word, which may be empty if it is in quotes.
func (w *netrcWords) next() (string, bool) {
	if n := len(w.pushed); n > 0 {
		word := w.pushed[n-1]
		w.pushed = w.pushed[:n-1]
		return word, true
	}
	for w.rest != "" && isNetrcSpace(w.rest[0]) {
		w.take()
	}
	w.atLine, w.ended = w.line, false
	if w.rest == "" {
		return "", false
	}
	quoted := w.rest[0] == '"'
	if quoted {
		w.take()
	}
	var word strings.Builder
	for w.rest != "" {
		c := w.take()
		switch {
		case quoted && c == '"':
			return word.String(), true
		case !quoted && isNetrcSpace(c):
			w.ended = c == '\n'
			return word.String(), true
		case c == '\\' && w.rest != "":
			c = w.take()
		case c == '\\':
			continue
		}
		word.WriteByte(c)
	}
	return word.String(), true
}

func isNetrcSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (w *netrcWords) take() byte {
	c := w.rest[0]
	w.rest = w.rest[1:]
	if c == '\n' {
		w.line++
	}
	return c
}

// skipComment passes over the rest of a line of which one word was read.
func (w *netrcWords) skipComment() {
	if w.ended {
		return
	}
	for w.rest != "" && w.take() != '\n' {
	}
}

// skipMacro passes over the lines of a macro and the empty one that ends it.
func (w *netrcWords) skipMacro() {
	for w.rest != "" {
		line, rest, _ := strings.Cut(w.rest, "\n")
		w.rest = rest
		w.line++
		if line == "" || line == "\r" {
			return
		}
	}
}

// entry reads what belongs to a machine, up to the next keyword that does not.
func (w *netrcWords) entry() (login, error) {
	var found login
	account := ""
	for {
		word, ok := w.next()
		switch {
		case !ok:
			return found.orAccount(account), nil
		case strings.HasPrefix(word, "#"):
			w.skipComment()
			continue
		case word == "" || word == "machine" || word == "default" || word == "macdef":
			w.pushed = append(w.pushed, word)
			return found.orAccount(account), nil
		}
		value, ok := w.next()
		if !ok {
			return login{}, w.errorf("a keyword without a value")
		}
		switch word {
		case "login", "user":
			found.username = value
		case "account":
			account = value
		case "password":
			found.password = value
		default:
			return login{}, w.errorf("a word that is no keyword")
		}
	}
}

func (l login) orAccount(account string) login {
	if l.username == "" {
		l.username = account
	}
	return l
}
