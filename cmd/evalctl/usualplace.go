package main

import (
	"path/filepath"

	"github.com/evalctl/evalctl/pkg/query/mlruns"
)

// usualPlace is where MLflow itself keeps runs if nobody says where.
type usualPlace struct {
	uri  string // its path
	said string // the line that names it
}

// Names in a working directory.
const (
	fileStoreName = "mlruns"
	databaseName  = "mlflow.db"
)

// usualIn is the place that MLflow 3.7 and later would use in a directory: ./mlruns
// if it holds an experiment, which is a directory whose name is digits with a
// meta.yaml, else ./mlflow.db (mlflow/tracking/_tracking_service/utils.py,
// _get_default_tracking_uri). MLflow makes the database if it is not there; evalctl
// makes nothing, and then there is no place. Before 3.7 it was ./mlruns always.
func usualIn(dir string) *usualPlace {
	if dir == "" {
		return nil
	}
	const other = "; --tracking-uri names another place"
	database := filepath.Join(dir, databaseName)
	switch {
	case mlruns.HasExperiment(filepath.Join(dir, fileStoreName)):
		said := "reading ./" + fileStoreName + ", as MLflow would here"
		if isFile(database) {
			said += ", and not ./" + databaseName
		}
		return &usualPlace{filepath.Join(dir, fileStoreName), said + other}
	case isFile(database):
		return &usualPlace{database, "reading ./" + databaseName + ", as MLflow would here" + other}
	}
	return nil
}
