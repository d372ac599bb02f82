package mlruns

import (
	"context"
	"errors"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/query/filterlang"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// tagContext is the tag of an input that says what the dataset was for.
const tagContext = "mlflow.data.context"

// inputs reads the datasets of a run: each folder in inputs names one in the
// experiment's datasets, if it is of a dataset and not of a model.
func (s *Store) inputs(ctx context.Context, in *experiment, folder string) ([]filterlang.Input, error) {
	base := join(folder, inputsFolder)
	names, err := s.folders(base)
	if runfolder.Absent(err) {
		return nil, s.lostFolder(base)
	}
	if err != nil {
		return nil, unreadable(base, err)
	}
	var inputs []filterlang.Input
	for _, name := range names {
		var link struct {
			SourceType string            `yaml:"source_type"`
			SourceID   string            `yaml:"source_id"`
			Tags       map[string]string `yaml:"tags"`
		}
		if err := s.readYAML(ctx, join(base, name, metaFile), &link); err != nil {
			return nil, err
		}
		if link.SourceType != "DATASET" {
			continue
		}
		var dataset struct {
			Name   string `yaml:"name"`
			Digest string `yaml:"digest"`
		}
		if err := s.readYAML(ctx, join(in.folder, datasetsFolder, link.SourceID, metaFile), &dataset); err != nil {
			return nil, err
		}
		input := filterlang.Input{Name: dataset.Name, Digest: dataset.Digest}
		if value, tagged := link.Tags[tagContext]; tagged {
			input.Contexts = []string{value}
		}
		inputs = append(inputs, input)
	}
	return inputs, nil
}

// readYAML decodes a meta.yaml that must be there.
func (s *Store) readYAML(ctx context.Context, name string, value any) error {
	found, err := s.readMeta(ctx, name, func(data []byte) error {
		if len(data) == 0 {
			return errEmpty
		}
		if data[len(data)-1] != '\n' {
			return errCutShort
		}
		return yaml.Unmarshal(data, value)
	})
	if err == nil && !found {
		err = &damage{name, errors.New("missing")}
	}
	return err
}
