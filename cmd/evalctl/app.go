package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/evalctl/evalctl/pkg/render"
)

// app is everything a verb may touch of the process it runs in. Nothing in the
// program reads the environment or the standard streams by another way.
type app struct {
	stdin          io.Reader // nil if a person would have to type it
	stdout, stderr io.Writer
	getenv         func(string) string
	// terminal reports whether a stream is one, and how wide.
	terminal func(w io.Writer) (width int, ok bool)
	// height is how many lines the terminal has that stdout is; 0: unknown, or not
	// a terminal. nil: no answer is too long.
	height   func() int
	cacheDir func() (string, error)
	now      func() time.Time // what --since 3d counts back from
	// workDir and configDir are where settings files are looked for; nil is nowhere.
	workDir, configDir func() (string, error)
	version            string
	commit             string
}

// processApp is the real process.
func processApp() *app {
	var stdin io.Reader = os.Stdin
	if term.IsTerminal(int(os.Stdin.Fd())) {
		stdin = nil
	}
	return &app{
		stdin:  stdin,
		stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		terminal: func(w io.Writer) (int, bool) {
			file, ok := w.(*os.File)
			if !ok || !term.IsTerminal(int(file.Fd())) {
				return 0, false
			}
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil {
				width = 80
			}
			return width, true
		},
		height: func() int {
			_, height, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil {
				return 0
			}
			return height
		},
		cacheDir: os.UserCacheDir,
		now:      time.Now,
		workDir:  os.Getwd,
		configDir: func() (string, error) {
			// Go itself asks for XDG_CONFIG_HOME on Unix only.
			if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
				return dir, nil
			}
			return os.UserConfigDir()
		},
		version: version, commit: commit,
	}
}

// face says how text may look on stdout (no-color.org, bixense.com/clicolors):
// NO_COLOR forbids colour, CLICOLOR_FORCE asks for it in a pipe, TERM=dumb has
// none, COLUMNS overrides the width.
func (a *app) face(w io.Writer) render.Face {
	width, terminal := a.terminal(w)
	face := render.Face{Terminal: terminal, Width: width, Unicode: true, Dark: true}
	if columns, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && columns > 0 && terminal {
		face.Width = columns
	}
	forced := a.getenv("CLICOLOR_FORCE") != "" && a.getenv("CLICOLOR_FORCE") != "0"
	face.Color = (terminal && a.getenv("TERM") != "dumb" && a.getenv("CLICOLOR") != "0" || forced) && a.getenv("NO_COLOR") == ""
	if locale := firstSet(a.getenv("LC_ALL"), a.getenv("LC_CTYPE"), a.getenv("LANG")); terminal && (locale == "C" || locale == "POSIX") {
		face.Unicode = false
	}
	// COLORFGBG is "foreground;background"; 7 and 15 are the light ones.
	if _, background, found := strings.Cut(a.getenv("COLORFGBG"), ";"); found {
		background = background[strings.LastIndex(background, ";")+1:]
		face.Dark = background != "7" && background != "15"
	}
	return face
}

func firstSet(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
