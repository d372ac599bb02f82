module github.com/evalctl/evalctl

go 1.26.8
