package connection

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// credentials reads ~/.mlflow/credentials, where MLflow's client keeps a user
// name and a password. As there, a file that cannot be understood is an error.
func (s Source) credentials() (found login, path string, err error) {
	if s.Home == "" {
		return login{}, "", nil
	}
	path = filepath.Join(s.Home, ".mlflow", "credentials")
	text, err := s.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return login{}, path, nil
	}
	if err == nil {
		found, err = parseCredentials(string(text))
	}
	if err != nil {
		return login{}, path, usage(fmt.Sprintf("%s cannot be read: %v", path, reason(err)),
			"it is written as a line [mlflow] and below it mlflow_tracking_username = NAME and mlflow_tracking_password = PASSWORD")
	}
	return found, path, nil
}

// parseCredentials reads the two keys of the section [mlflow] in the dialect of
// Python's configparser: keys in any case, "=" or ":" after them, comments from a
// line's # or ;, %% for a percent sign, and [DEFAULT] for what a section lacks.
// Errors give the line and quote nothing.
func parseCredentials(text string) (login, error) {
	sections := map[string]map[string]string{}
	var section map[string]string
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		if trimmed[0] == '[' {
			name, _, closed := strings.Cut(trimmed[1:], "]")
			if !closed || name == "" {
				return login{}, fmt.Errorf("line %d: a section without a name", number)
			}
			if sections[name] == nil {
				sections[name] = map[string]string{}
			}
			section = sections[name]
			continue
		}
		at := strings.IndexAny(trimmed, "=:")
		if at < 1 || section == nil {
			return login{}, fmt.Errorf("line %d: neither a section nor a key and its value", number)
		}
		key := strings.ToLower(strings.TrimSpace(trimmed[:at]))
		section[key] = strings.TrimSpace(trimmed[at+1:])
	}
	value := func(key string) (string, error) {
		raw, found := sections["mlflow"][key]
		if !found {
			raw = sections["DEFAULT"][key]
		}
		if strings.Contains(strings.ReplaceAll(raw, "%%", ""), "%(") {
			return "", errors.New("the value of " + key + " refers to another; a percent sign is written %%")
		}
		return strings.ReplaceAll(raw, "%%", "%"), nil
	}
	if sections["mlflow"] == nil {
		return login{}, nil
	}
	var found login
	var err error
	if found.username, err = value("mlflow_tracking_username"); err != nil {
		return login{}, err
	}
	found.password, err = value("mlflow_tracking_password")
	return found, err
}
