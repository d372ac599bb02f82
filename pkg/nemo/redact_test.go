package nemo_test

import (
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestRedact(t *testing.T) {
	for _, test := range []struct{ key, value, want string }{
		{"temperature", "0.6", "0.6"},
		{"max_new_tokens", "512", "512"},
		{"target.api_endpoint.api_key_name", "API_KEY", "API_KEY"},
		{"target.api_endpoint.api_key", "API_KEY", "<redacted>"},
		{"judge.api_key", "x", "<redacted>"},
		{"extra.nested.Api-Key", "x", "<redacted>"},
		{"user.api_key", "", ""},
		{"params_to_add.extra_headers.Authorization", "Bearer abc", "<redacted>"},
		{"extra.hf_token", "x", "<redacted>"},
		{"reasoning.end_reasoning_token", "</think>", "</think>"},
		{"extra.tokenizer", "a/b", "a/b"},
		{"launcher.deployment.env_vars.HF_TOKEN", "host:HF_TOKEN", "host:HF_TOKEN"},
		{"launcher.deployment.env_vars.HF_TOKEN", "$host:HF_TOKEN", "$host:HF_TOKEN"},
		{"launcher.deployment.env_vars.HF_TOKEN", "lit:abc", "lit:<redacted>"},
		{"launcher.execution.env_vars.deployment.A", "abc", "<redacted>"},
		{"launcher.export.mlflow.tracking_uri", "http://h", "<redacted>"},
		{"export.mlflow.tags.a", "b", "<redacted>"},
		{"launcher_command", "run -o a=b", "<redacted>"},
		{"launcher.deployment.command", "serve", "<redacted>"},
		{"launcher.task.pre_cmd", "export A=b", "<redacted>"},
		{"target.api_endpoint.url", "http://h:8000/v1", "http://h:8000/v1"},
		{"target.api_endpoint.url", "https://u:p@h/v1", "https://<redacted>@h/v1"},
		{"target.api_endpoint.url", "https://u:p@ss@h/v1", "https://<redacted>@h/v1"},
		{"target.api_endpoint.url", "https://u:p/w@h/v1", "https://<redacted>@h/v1"},
		{"target.api_endpoint.url", "https://h/v1@2", "https://h/v1@2"},
		{"target.api_endpoint.url", "https://h/v1?key=1#f", "https://h/v1?<redacted>"},
		{"x", "see http://a@h/1 and https://b:c@i", "see http://<redacted>@h/1 and https://<redacted>@i"},
		{"launcher.deployment.extra_args", "--key nvapi-abcdefghijkl0123 --x", "--key nvapi-<redacted> --x"},
		{"launcher.deployment.extra_args", "--model sk-small", "--model sk-small"},
		{"stage", "desk-assistant-2026", "desk-assistant-2026"},
		{"stage", "risk-abcdefghijkl0123", "risk-abcdefghijkl0123"},
		{"stage", "sk-assistant-finetuned-2026", "sk-assistant-finetuned-2026"},
		{"model", "acme/multitask-finetuned-llama", "acme/multitask-finetuned-llama"},
		{"task", "multitask-storytelling0123456", "multitask-storytelling0123456"},
		{"stage", "shelf_finetuned12345", "shelf_finetuned12345"},
		{"note", "basic arithmetic, the bearer of news", "basic arithmetic, the bearer of news"},
		{"note", "sk-abcdefghijkl0123", "sk-<redacted>"},
		{"note", "key=sk-proj-aB3dE5gH7jK9mN1p-x", "key=sk-<redacted>"},
		{"note", "see sk-small and hf_abcdefghijklmnopqr", "see sk-small and hf_<redacted>"},
		{"note", "hf_hf_abcdefghijklmnop", "hf_<redacted>"},
		{"note", "Basic YWxpY2U6Z2VoZWlt", "Basic <redacted>"},
		{"note", "authorization: basic geheim", "authorization: basic <redacted>"},
		{"x", "curl -H 'Authorization: Bearer abc.def'", "curl -H 'Authorization: Bearer <redacted>'"},
		{"extra.judges", `[{"api_key":"x","url":"http://u:p@h"}]`, `[{"api_key":"<redacted>","url":"http://<redacted>@h"}]`},
		{"extra.judges", `{"token":5,"n":1.50}`, `{"n":1.50,"token":"<redacted>"}`},
		{"extra.args", "[not json http://u@h", "[not json http://<redacted>@h"},
	} {
		if got := nemo.Redact(test.key, test.value); got != test.want {
			t.Errorf("%s = %q: %q, want %q", test.key, test.value, got, test.want)
		}
	}
}

// However a secret is wrapped, it does not come out; and what was redacted stays so.
func FuzzRedact(f *testing.F) {
	f.Add("judge", "http://", "/v1?x=")
	f.Add("env_vars.A", "lit:", "")
	f.Add("extra", `{"a":["`, `"]}`)
	f.Fuzz(func(t *testing.T, key, before, after string) {
		const secret = "S3cretS3cretS3cret"
		for _, value := range []string{secret, before + secret + after} {
			for _, k := range []string{key + ".api_key", "export." + key, key + ".env_vars.A", key + ".command"} {
				if got := nemo.Redact(k, value); strings.Contains(got, secret) && !strings.HasPrefix(strings.TrimPrefix(value, "$"), "host:") && !strings.HasPrefix(strings.TrimPrefix(value, "$"), "runtime:") {
					t.Errorf("%s = %q: %q", k, value, got)
				}
			}
		}
		if got := nemo.Redact(key, "https://user:"+secret+"@host/x"); strings.Contains(got, secret) {
			t.Errorf("%s: %q", key, got)
		}
		once := nemo.Redact(key, before)
		if again := nemo.Redact(key, once); again != once {
			t.Errorf("%s: %q, again %q", key, once, again)
		}
	})
}
