package artifacts

import (
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// withoutSecrets returns tags or parameters as they are kept, and names those whose
// values are not: what is asked of them later cannot be told.
func withoutSecrets(entity query.Entity, values map[string]string) (kept map[string]string, redacted []string) {
	kept = make(map[string]string, len(values))
	for key, value := range values {
		kept[key] = value
		if text := nemo.Redact(key, value); text != value && !identifies(key, value) {
			kept[key] = text
			redacted = append(redacted, field(entity, key))
		}
	}
	slices.Sort(redacted)
	return kept, redacted
}

func field(entity query.Entity, key string) string { return string(entity) + "." + key }

// identifies reports whether a tag or parameter says which evaluation a run is:
// what is found by it must be found offline too. Of MLflow's own tags notes and
// addresses are anyone's words.
func identifies(key, value string) bool {
	switch key {
	case query.TagInvocation, query.TagJob, query.TagTask, query.TagBenchmark, query.TagHarness, query.TagExecutor, query.TagModel, query.ParamJobs:
		return true
	}
	if strings.HasSuffix(key, ".model_id") || strings.HasSuffix(key, ".served_model_name") {
		return !strings.Contains(value, "://")
	}
	return strings.HasPrefix(key, "mlflow.") && key != "mlflow.note.content" && !strings.Contains(value, "://")
}

// withoutLogin is an address less what logs in: user and query.
func withoutLogin(address string) string {
	return strings.NewReplacer(nemo.Redacted+"@", "", "?"+nemo.Redacted, "").Replace(nemo.Redact("address", address))
}

// asksForSecret reports whether the conditions of a search hold what must not be
// kept.
func asksForSecret(search query.Search) bool {
	for _, filter := range append(search.Any[:len(search.Any):len(search.Any)], search.Filter) {
		for _, c := range filter {
			if nemo.Redact(c.Key, c.Value) != c.Value && !identifies(c.Key, c.Value) {
				return true
			}
		}
	}
	if nemo.Redact("filter", search.Raw) != search.Raw {
		return true
	}
	// In MLflow's language fields are words, quoted or not.
	words := strings.FieldsFunc(search.Raw, func(r rune) bool { return strings.ContainsRune(" \t\r\n'\"`=!<>(),", r) })
	return slices.ContainsFunc(words, func(word string) bool { return nemo.Redact(word, "x") != "x" })
}
