package runfolder

import (
	"net/url"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// Schemes of an [Address], besides those of its URI.
const (
	Local  = ""                 // a path of this machine
	Drive  = "drive of Windows" // a path of a machine with such drives, which this one is not
	Served = "mlflow-artifacts" // below what a server hands artifacts out of
)

// Address is where a run says that its files are: its artifact_uri.
type Address struct {
	Scheme string
	Path   string // slashes between, "." and ".." resolved; "" if nothing is said
}

// ParseAddress reads an artifact_uri: file:///…, file:…, a path, or anything else with
// a scheme. MLflow decodes %20 in plain paths too.
func ParseAddress(uri string) Address {
	u, err := url.Parse(uri)
	if err != nil || len(u.Scheme) < 2 { // C:\mlruns
		plain := uri
		if decoded, err := url.PathUnescape(uri); err == nil {
			plain = decoded
		}
		return local(plain)
	}
	switch {
	case u.Scheme == Served:
		return Address{Scheme: Served, Path: strings.TrimPrefix(path.Clean("/"+u.Path), "/")}
	case u.Scheme != "file":
		return Address{Scheme: u.Scheme, Path: u.Path}
	case u.Host != "" && u.Host != "localhost":
		return Address{Scheme: "file on " + u.Host, Path: u.Path}
	}
	place := u.Path
	if u.Opaque != "" { // file:mlruns/…
		if place, err = url.PathUnescape(u.Opaque); err != nil {
			place = u.Opaque
		}
	}
	if strings.HasPrefix(place, "/") && hasDrive(place[1:]) { // file:///C:/mlruns
		place = place[1:]
	}
	return local(place)
}

func local(place string) Address {
	isWindows := runtime.GOOS == "windows"
	if place == "" {
		return Address{}
	}
	if !isWindows && hasDrive(place) {
		return Address{Scheme: Drive, Path: path.Clean(strings.ReplaceAll(place[len("C:"):], `\`, "/"))}
	}
	return Address{Path: path.Clean(filepath.ToSlash(place))}
}

// hasDrive reports whether a path begins as C:\ or C:/ does.
func hasDrive(place string) bool {
	if len(place) < 3 || place[1] != ':' || place[2] != '/' && place[2] != '\\' {
		return false
	}
	letter := place[0] | 0x20
	return 'a' <= letter && letter <= 'z'
}

// IsOf reports whether an address is one that MLflow would make for a run, in a
// folder that its experiment has: …/RUN/artifacts, the id 32 hex digits. No other
// folder is called so by chance; one that is called like a word may be anybody's.
func (a Address) IsOf(run query.Run) bool {
	const hexDigits, length = "0123456789abcdef", 32
	return len(run.ID) == length && strings.Trim(run.ID, hexDigits) == "" && a.ends(run.ID, Artifacts)
}

// IsIn reports whether an address is a run's in a folder of experiments that has this
// name: …/NAME/EXPERIMENT/RUN/artifacts.
func (a Address) IsIn(name string, run query.Run) bool {
	return IsName(run.ExperimentID) && IsName(run.ID) && a.ends(name, run.ExperimentID, run.ID, Artifacts)
}

func (a Address) ends(names ...string) bool {
	return strings.HasSuffix("/"+a.Path, "/"+strings.Join(names, "/"))
}

// Place is the one that a run's own address names, if that may be on this machine.
// Relative paths are seen from the folder beside; what a server would have handed out
// is in its usual folder there.
func (a Address) Place(run query.Run, beside string) (Place, bool) {
	switch {
	case !a.IsOf(run):
	case a.Scheme == Served:
		return Place{Base: filepath.Join(beside, ServedFolder), Below: a.Path}, true
	case a.Scheme == Local:
		whole := filepath.FromSlash(a.Path)
		if !filepath.IsAbs(whole) {
			whole = filepath.Join(beside, whole)
		}
		experiment := filepath.Dir(filepath.Dir(whole))
		if experiment == filepath.Dir(experiment) {
			break // the whole file system is no experiment's
		}
		return Place{Base: experiment, Below: path.Join(run.ID, Artifacts)}, true
	}
	return Place{}, false
}

// ServedFolder is where mlflow server puts artifacts by default, in the folder that it
// was started in.
const ServedFolder = "mlartifacts"

// WithoutLogin is an artifact_uri that can be shown.
func WithoutLogin(uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return "an address that cannot be read"
	case len(u.Scheme) < 2 && u.User == nil && u.RawQuery == "":
		return uri // a path
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}
