package nemo

import (
	"encoding/json"
	"slices"
	"strings"
)

// Redacted stands for a value that is not shown.
const Redacted = "<redacted>"

// Redact returns the value of a configuration key as it may be shown. Not shown
// are credentials, whole commands, environment variables that are written out, and
// what the exporter is configured with (nemo-formats §10); of an address the part
// that logs in, and its query. The key is dotted; the value is text as [Setting]
// has it, in which lists and mappings are JSON.
func Redact(key, value string) string {
	if value == "" {
		return value
	}
	parts := strings.Split(strings.ToLower(key), ".")
	last := parts[len(parts)-1]
	for i, part := range parts {
		switch {
		case part == "export":
			return Redacted
		case isSecretName(part) && i == len(parts)-1:
			return Redacted
		case part == "env_vars" || strings.HasSuffix(part, "_env_vars"):
			return redactVariable(value)
		}
	}
	switch last {
	case "command", "launcher_command", "token_command", "pre_cmd", "post_cmd", "launcher_install_cmd":
		return Redacted
	}
	if value[0] == '[' || value[0] == '{' {
		var tree any
		decoder := json.NewDecoder(strings.NewReader(value))
		decoder.UseNumber()
		if decoder.Decode(&tree) == nil && !decoder.More() {
			var out strings.Builder
			encoder := json.NewEncoder(&out)
			encoder.SetEscapeHTML(false)
			if encoder.Encode(redactTree(key, tree)) == nil {
				return strings.TrimSuffix(out.String(), "\n")
			}
		}
	}
	return redactText(value)
}

// redactTree redacts what stands in a list or mapping by the keys on the way.
func redactTree(key string, tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		for name, value := range tree {
			tree[name] = redactTree(key+"."+name, value)
		}
	case []any:
		for i, value := range tree {
			tree[i] = redactTree(key, value)
		}
	case string:
		return Redact(key, tree)
	case json.Number:
		if Redact(key, tree.String()) == Redacted {
			return Redacted
		}
	}
	return tree
}

// isSecretName reports whether a key names a credential. The name of the
// environment variable that holds one (api_key_name) is none, nor is a number of
// tokens.
func isSecretName(name string) bool {
	name = strings.ReplaceAll(name, "-", "_")
	for _, part := range []string{"password", "passwd", "secret", "credential", "authorization", "cookie", "private_key", "access_key"} {
		if strings.Contains(name, part) {
			return !strings.HasSuffix(name, "_name")
		}
	}
	return strings.HasSuffix(name, "api_key") || strings.HasSuffix(name, "apikey") ||
		name == "token" || strings.HasSuffix(name, "_token") && !strings.HasSuffix(name, "reasoning_token") && !strings.HasSuffix(name, "eos_token")
}

// redactVariable shows where an environment variable comes from, never a value
// that is written out. References are "host:NAME" and "runtime:NAME", with or
// without a dollar sign; "lit:TEXT" and anything else may be a value.
func redactVariable(value string) string {
	for _, source := range []string{"host:", "runtime:"} {
		if strings.HasPrefix(strings.TrimPrefix(value, "$"), source) {
			return value
		}
	}
	if strings.HasPrefix(value, "lit:") {
		return "lit:" + Redacted
	}
	return Redacted
}

// tokenPrefixes begin credentials that are known by sight. Those that also begin
// ordinary words are told from them by what follows.
var tokenPrefixes = []struct {
	text     string
	ordinary bool
}{{"nvapi-", false}, {"ghp_", false}, {"github_pat_", false}, {"glpat-", false}, {"hf_", true}, {"sk-", true}}

// What follows such a prefix: so many letters and digits in a row; fewer if there
// are both, which no word has.
const (
	minToken      = 12
	minTokenWords = 16
)

// redactText takes out of running text what logs in: user and query of addresses,
// bearer tokens, and credentials known by sight.
func redactText(text string) string {
	text = redactAddresses(text)
	for _, scheme := range []string{"Bearer ", "bearer ", "Basic ", "basic "} {
		text = redactAfter(text, scheme, isSchemeRune, func(before, word string) bool {
			named := strings.HasSuffix(strings.TrimRight(strings.ToLower(before), " :='\""), "authorization")
			return word != "" && (named || looksRandom(word, minTokenWords))
		})
	}
	for _, prefix := range tokenPrefixes {
		text = redactAfter(text, prefix.text, isTokenRune, func(before, word string) bool {
			if last := len(before) - 1; last >= 0 && isAlphanumeric(rune(before[last])) {
				return false // the end of a word: task-, risk-
			}
			if !prefix.ordinary {
				return len(word) >= minToken
			}
			return slices.ContainsFunc(strings.FieldsFunc(word, func(r rune) bool { return !isAlphanumeric(r) }), func(part string) bool {
				return len(part) >= minTokenWords || len(part) >= minToken && looksRandom(part, minTokenWords)
			})
		})
	}
	return text
}

// looksRandom reports whether a word is none of a language: letters beside digits,
// capitals after small letters, padding, or more of them than words have.
func looksRandom(word string, long int) bool {
	digits := strings.ContainsAny(word, "0123456789")
	letters := strings.Trim(word, "0123456789-_.~+/=") != ""
	inner := strings.IndexFunc(word, func(r rune) bool { return 'a' <= r && r <= 'z' })
	capitals := inner >= 0 && strings.IndexFunc(word[inner:], func(r rune) bool { return 'A' <= r && r <= 'Z' }) >= 0
	return digits && letters || capitals || strings.Contains(word, "=") || len(word) >= long
}

// redactAfter replaces what follows each occurrence of a word, up to the end of the
// token, if that is secret beside what stands before the word.
func redactAfter(text, word string, isPart func(rune) bool, secret func(before, token string) bool) string {
	var out strings.Builder
	for at := 0; ; {
		found := strings.Index(text[at:], word)
		if found < 0 {
			out.WriteString(text[at:])
			return out.String()
		}
		start := at + found + len(word)
		end := strings.IndexFunc(text[start:], func(r rune) bool { return !isPart(r) })
		if end < 0 {
			end = len(text) - start
		}
		out.WriteString(text[at:start])
		if !secret(text[:start-len(word)], text[start:start+end]) {
			at = start // what follows may hold the word again
			continue
		}
		out.WriteString(Redacted)
		at = start + end
	}
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func isTokenRune(r rune) bool { return isAlphanumeric(r) || r == '-' || r == '_' }

func isSchemeRune(r rune) bool { return isAlphanumeric(r) || strings.ContainsRune("-_.~+/=", r) }

// redactAddresses takes user, password and query out of every address.
func redactAddresses(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "://")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("://")
		end := strings.IndexAny(after, " \t\r\n\"'<>`,;|")
		if end < 0 {
			end = len(after)
		}
		address := after[:end]
		// The last "@": a password may hold one that was not escaped, or a slash;
		// then a colon tells it from an "@" in a path.
		host := strings.IndexAny(address, "/?#")
		if host < 0 {
			host = len(address)
		}
		at := strings.LastIndexByte(address, '@')
		if at >= 0 && (at < host || strings.IndexByte(address[:at], ':') >= 0) {
			address = Redacted + address[at:]
		}
		if query := strings.IndexByte(address, '?'); query >= 0 && query+1 < len(address) {
			address = address[:query+1] + Redacted
		}
		out.WriteString(address)
		text = after[end:]
	}
}
