package connection

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

var credentialFiles = []string{
	"",
	"[mlflow]\nmlflow_tracking_username = u\nmlflow_tracking_password = p\n",
	"[mlflow]\r\nmlflow_tracking_username=u\r\nmlflow_tracking_password=p\r\n",
	"[mlflow]\nMLFLOW_TRACKING_USERNAME: u\nMlflow_Tracking_Password : p=q:r\n",
	"# c\n; c\n[other]\nmlflow_tracking_password = no\n[mlflow]\n\nmlflow_tracking_password = p # kept ; too\n",
	"[DEFAULT]\nmlflow_tracking_username = u\n[mlflow]\nmlflow_tracking_password = p\n",
	"[MLflow]\nmlflow_tracking_username = u\n",
	"[mlflow]\nmlflow_tracking_username = u\nmlflow_tracking_password = 50%%\n",
	"[mlflow]\nmlflow_tracking_username =\nmlflow_tracking_password = \"p\"\n",
	"[mlflow]\nmlflow_tracking_password = pässwörd\n",
	"mlflow_tracking_username = u\n",
	"[mlflow\nmlflow_tracking_username = u\n",
	"[mlflow]\nnonsense\n",
	"[mlflow]\nmlflow_tracking_password = %(other)s\n",
}

// TestCredentialsAreReadAsMLflowDoes compares with MLflow's own function.
func TestCredentialsAreReadAsMLflowDoes(t *testing.T) {
	const script = `import configparser, json, os, pathlib, sys, tempfile
from mlflow.utils import credentials
answers = []
for text in json.load(sys.stdin):
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        file = pathlib.Path(home, ".mlflow", "credentials")
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8", newline="")
        try:
            found = credentials.read_mlflow_creds()
            answers.append([found.username or "", found.password or ""])
        except configparser.Error:
            answers.append(None)
json.dump(answers, sys.stdout)`
	input, err := json.Marshal(credentialFiles)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), stack.Python(t), "-c", script)
	cmd.Stdin = strings.NewReader(string(input))
	cmd.Env = []string{"PYTHONUTF8=1"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]string
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	for i, text := range credentialFiles {
		parsed, err := parseCredentials(text)
		var got []string
		if err == nil {
			got = []string{parsed.username, parsed.password}
		}
		if diff := cmp.Diff(answers[i], got); diff != "" {
			t.Errorf("%q, %v (-MLflow +here):\n%s", text, err, diff)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	for _, text := range credentialFiles {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseCredentials(text)
		if err != nil {
			return
		}
		escape := func(s string) string { return strings.ReplaceAll(s, "%", "%%") }
		again := "[mlflow]\nmlflow_tracking_username = " + escape(parsed.username) + "\nmlflow_tracking_password = " + escape(parsed.password) + "\n"
		reread, err := parseCredentials(again)
		if err != nil || reread != parsed {
			t.Errorf("%q gives %q, written as %q gives %q, %v", text, parsed, again, reread, err)
		}
	})
}
