// Package nemo holds the files of NVIDIA NeMo Evaluator as typed values, decoded
// from bytes: results.yml, eval_factory_metrics.json, run_config.yml, the
// launcher's configuration. It knows which version keeps what where, and nothing
// of where the bytes came from.
//
// Every number is an exact decimal taken from the text of its file, with the
// place it came from. Missing, null and non-finite values are distinct states
// and never 0.
package nemo
