package render

import "encoding/json"

// comparison is a document with every kind of block: two sides on three tasks.
func comparison() Document {
	plain := func(texts ...string) Row {
		row := make(Row, len(texts))
		for i, text := range texts {
			row[i] = Cell{Text: text}
		}
		return row
	}
	arith := plain("arith", "correct", "0.890 ± 22", "0.850 ± 25", "−0.040", "~", "−0.089  +0.004")
	arith[4].Tone = Caution
	mean := plain("mean", "fraction", "0.808", "0.778", "−0.030", "", "2 of 2 tasks")
	mean[4].Tone = Strong
	return Document{
		Kind: "comparison",
		Data: struct {
			Verdict string            `json:"verdict"`
			Rows    []json.RawMessage `json:"rows"`
		}{"no_inference", []json.RawMessage{
			json.RawMessage(`{"task":"arith","delta":-0.04}`),
			json.RawMessage(`{"task":"story","delta":-0.02}`),
		}},
		Warnings: []struct {
			Code string `json:"code"`
		}{{"NO_PRIMARY_SCORE"}},
		Items: []any{
			json.RawMessage(`{"task":"arith","delta":-0.04}`),
			json.RawMessage(`{"task":"story","delta":-0.02}`),
		},
		ItemKind: "row",
		Summary:  struct{ Tasks int }{3},
		Screen: []Block{
			Table{
				Columns: []Column{{Title: "label"}, {Title: "model", Flexible: true}, {Title: "id"}, {Title: "tasks"}},
				Rows: []Row{
					plain("bf16", "acme/falcon-8b-bf16", "c0bd961e50124ab3", "3 of 4 tasks"),
					plain("nvfp4", "acme/falcon-8b-nvfp4", "ce963eed5b5b91b0", "3 of 4 tasks"),
				},
				NoHeader: true,
			},
			Table{
				Columns: []Column{
					{Title: "task", Flexible: true},
					{Title: "score", Flexible: true},
					{Title: "bf16", Align: Point},
					{Title: "nvfp4", Align: Point},
					{Title: "Δ", Align: Point},
					{},
					{Title: "95 % interval", Align: Left},
				},
				Rows: []Row{
					arith,
					plain("story", "strict-match", "0.73  ± 4", "0.71  ± 4", "−0.02", "~", "−0.10   +0.06"),
					plain("bfclv2_ast", "7 scores, no headline "+Mark(1)),
					{},
					mean,
				},
			},
			Paragraph{
				{Text: "No regression shown: 2 tasks undecided (~). Paired by question (Tango score).", Tone: Strong},
				{Text: "With this many questions, a drop of 6.3 points in arith would have been seen."},
				{Text: "Missing on both sides: ifbench.ifbench (no run; failed jobs are not exported)."},
			},
			Notes{"--scores all shows them; a headline can be set in .evalctl.yaml"},
		},
		Brief: []string{
			"nvfp4 vs bf16: no regression shown (0 worse, 0 better, 2 undecided, 1 without headline)",
			"mean fraction 0.808 -> 0.778 (−0.030, 2 of 2 tasks)",
		},
		Tables: []Records{
			{
				Name:    "rows",
				Columns: []string{"task", "score", "base", "cand", "delta"},
				Rows: [][]string{
					{"arith", "correct", "0.89", "0.85", "-0.04"},
					{"story", "strict-match|a,b", "0.7266666666666667", "0.7066666666666667", "-0.02"},
				},
				Numeric: []bool{false, false, true, true, true},
			},
			{
				Name:    "averages",
				Columns: []string{"scale", "delta"},
				Rows:    [][]string{{"fraction", "-0.03"}},
				Numeric: []bool{false, true},
			},
		},
	}
}
