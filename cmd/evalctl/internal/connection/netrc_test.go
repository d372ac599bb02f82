package connection

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

var netrcs = []string{
	"",
	"machine h login u password p",
	"machine h\n\tlogin u\n\tpassword p\n",
	"machine other login x password y\nmachine h login u password p\n",
	"machine h login u password p\nmachine h login v password q\n", // the last one counts
	"default login u password p\n",
	"machine h password p account a\ndefault login u password d\n",
	"machine h user u password p\n",
	"machine h login u\n",
	"# a comment\nmachine h login u password p # another\n",
	"machine h # of the team\nlogin u # me\npassword p#1\n",
	"machine h #of the team\nlogin u #me and you\npassword p\n",
	"machine h login u password #p\n",
	`machine h login "the user" password "a \"b\" \\ c"` + "\n",
	`machine h login u password a\ b\\c` + "\n",
	"machine h login u password \"\"\n",
	"macdef init\ncd /pub\nmachine h login no password no\n\nmachine h login u password p\n",
	"machine h login u password p\nmacdef x\nls\n\n",
	"machine h login ü password pässwörd\n",
	"machine h login u password p\r\nmachine i login v password q\r\n",
	"machine",
	"machine h login",
	"login u password p\n",
	"machine h login u passwort p\n",
	"machine h nonsense\n",
	"machine h login u password p machine",
}

// TestNetrcIsReadAsPythonDoes compares with the module on which MLflow's client
// stands.
func TestNetrcIsReadAsPythonDoes(t *testing.T) {
	const script = `import json, netrc, sys, tempfile
answers = []
for text in json.load(sys.stdin):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        try:
            user, account, password = netrc.netrc(file.name).authenticators("h") or ("", "", "")
            answers.append([user or account, password])
        except netrc.NetrcParseError:
            answers.append(None)
json.dump(answers, sys.stdout)`
	input, err := json.Marshal(netrcs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), stack.Python(t), "-c", script)
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]string
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	understood := 0
	for i, text := range netrcs {
		parsed, err := parseNetrc(text)
		var got []string
		if err == nil {
			got = []string{parsed.login("h").username, parsed.login("h").password}
		}
		want := answers[i]
		// Python takes a keyword at the very end for one with an empty value.
		if want != nil && strings.HasSuffix(text, " login") {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q, %v (-Python +here):\n%s", text, err, diff)
		}
		if len(got) > 0 && got[1] != "" {
			understood++
		}
	}
	if understood < 12 {
		t.Errorf("only %d files had a password", understood)
	}
}

func TestNetrcErrorsGiveTheLineAndNoContent(t *testing.T) {
	for text, line := range map[string]string{
		"machine h login u password secret\n\nhidden x\n":  "line 3:",
		"machine h\nlogin secret\nhidden p\n":              "line 3:",
		"machine h login u password secret\nmachine\n":     "line 3:",
		"machine h login \"secret\nhidden\"\npassword":     "line 3:",
		"# x\nmacdef init\nsecret\n\nhidden h login u\n\n": "line 5:",
	} {
		_, err := parseNetrc(text)
		if err == nil || !strings.HasPrefix(err.Error(), line) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: error %v, want %s", text, err, line)
		}
	}
}

func FuzzNetrc(f *testing.F) {
	for _, text := range netrcs {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseNetrc(text)
		if err != nil {
			return
		}
		// What was understood can be written, and is then understood the same.
		quote := func(s string) string {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
		}
		var again strings.Builder
		for host, entry := range parsed.hosts {
			again.WriteString("machine " + quote(host) + " login " + quote(entry.username) + " password " + quote(entry.password) + "\n")
		}
		again.WriteString("default login " + quote(parsed.fallback.username) + " password " + quote(parsed.fallback.password) + "\n")
		reread, err := parseNetrc(again.String())
		if err != nil {
			t.Fatalf("%v in %q", err, again.String())
		}
		if diff := cmp.Diff(parsed, reread, cmp.AllowUnexported(netrc{}, login{})); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}
