package settings

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// isWeb reports whether an address means a server, however it goes on.
func isWeb(address string) bool {
	scheme, _, found := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "://")
	return found && (scheme == "http" || scheme == "https")
}

// hasUser reports whether an address says who logs in. It looks at the text, as an
// address that cannot be read may hold a password all the same.
func hasUser(address string) bool {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		return false
	}
	if !isWeb(address) { // a path may have a @
		rest = rest[:len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return !strings.ContainsRune("/?#", r) }))]
	}
	return strings.Contains(rest, "@")
}

// unreadable reports whether an address that means a server is none.
func unreadable(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return isWeb(address) && (err != nil || u.Hostname() == "")
}

func hasQuery(address string) bool { return isWeb(address) && strings.ContainsAny(address, "?#") }

// Errors about an address do not repeat it.
var (
	errHasUser    = errors.New("the uri holds a user name or password: token-env, token-command, or username-env with password-env name where those are")
	errUnreadable = errors.New("the uri is no address of a server: https://mlflow.example.com is one")
)

// passwordFlags are options of commands whose value is a secret.
var passwordFlags = []string{"--password", "--passwd", "--pass", "--token", "--secret", "--api-key", "--apikey", "--client-secret"}

// commandHasSecret reports whether a command's words hold what it should fetch: what
// looks like a secret, or stands where a secret does.
func commandHasSecret(command string) bool {
	if nemo.Redact("text", command) != command {
		return true
	}
	words := strings.FieldsFunc(command, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\'' })
	for i, word := range words {
		flag, value, joined := strings.Cut(word, "=")
		if !joined && i+1 < len(words) {
			value = words[i+1]
		}
		if short, login := strings.CutPrefix(word, "-u"); !joined && login && short != "" {
			flag, value = "-u", short
		}
		switch {
		case value == "" || strings.HasPrefix(value, "$") || strings.HasPrefix(value, "-"):
		case slices.Contains(passwordFlags, flag):
			return true
		case flag == "-u" || flag == "--user":
			if _, password, found := strings.Cut(value, ":"); found && password != "" && !strings.HasPrefix(password, "$") {
				return true
			}
		}
	}
	return false
}

// headerHasSecret reports whether a header's value looks like a secret, or its name
// like that of one.
func headerHasSecret(name, value string) bool {
	if nemo.Redact(name, value) != value {
		return true
	}
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' })
	if slices.ContainsFunc(parts, func(part string) bool {
		return slices.Contains([]string{"auth", "authentication", "key", "token", "secret", "session", "password", "passwd", "credential", "credentials", "cookie"}, part)
	}) {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), looksRandom)
}

// looksRandom reports whether a word is long, and letters and digits are mixed in it
// as in no name.
func looksRandom(word string) bool {
	const long, some = 24, 4
	letters, digits := 0, 0
	for _, r := range word {
		if unicode.IsDigit(r) {
			digits++
		} else {
			letters++
		}
	}
	return letters+digits >= long && letters >= some && digits >= some
}

// isVariable reports whether text can be the name of an environment variable.
func isVariable(text string) bool {
	for i, r := range text {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	// Some tokens are letters and digits.
	return text != "" && nemo.Redact("text", text) == text
}
