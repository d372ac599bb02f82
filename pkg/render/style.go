package render

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// palette paints tones. The 16 colours of the terminal's own theme are used, which
// every terminal has and its owner has chosen.
type palette map[Tone]lipgloss.Style

// newPalette makes the styles for what is written to w. Neither the environment
// nor the terminal is asked: left alone, lipgloss would look at CLICOLOR_FORCE and
// query the background even for a buffer.
func newPalette(w io.Writer, face Face) palette {
	profile := termenv.Ascii
	if face.Color {
		profile = termenv.ANSI
	}
	renderer := lipgloss.NewRenderer(w, termenv.WithProfile(profile))
	renderer.SetColorProfile(profile)
	renderer.SetHasDarkBackground(face.Dark)

	colored := func(light, dark string) lipgloss.Style {
		return renderer.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: light, Dark: dark})
	}
	return palette{
		Strong:  renderer.NewStyle().Bold(true),
		Muted:   renderer.NewStyle().Faint(true),
		Good:    colored("2", "10"), // green
		Bad:     colored("1", "9"),  // red
		Caution: colored("3", "11"), // the bright yellow is lost on a light background
	}
}

// paint returns text in a tone; the width does not change.
func (p palette) paint(text string, tone Tone) string {
	style, ok := p[tone]
	if !ok || text == "" {
		return text
	}
	return style.Render(text)
}
