package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Version names a version of a registered model, as MLflow's models:/ URIs do: by
// exactly one of Number, Alias and Stage.
type Version struct {
	Name   string // as typed: see names
	Number int    // 1 and up, or 0
	Alias  string
	Stage  string // one of Stages or latestVersion, in lower case: the highest version in it
}

// latestVersion stands where a stage does, and is the highest version in any.
const latestVersion = "latest"

const versionHint = `a version of a registered model is models:/NAME/VERSION, models:/NAME@ALIAS, models:/NAME/STAGE or models:/NAME/latest;
evalctl models   lists what there is`

// parseVersion reads what follows "models:", with MLflow's rules
// (mlflow/store/artifact/utils/models.py): the last "@" begins an alias unless a
// slash follows the name, and names have no slash or colon.
func parseVersion(text, rest string) (Version, error) {
	wrong := func(why string) (Version, error) {
		return Version{}, &Error{Code: Usage, Message: fmt.Sprintf("%q %s", text, why), Hint: versionHint}
	}
	path, rooted := strings.CutPrefix(rest, "/")
	if !rooted || strings.HasPrefix(path, "/") {
		return wrong("is no name in the model registry")
	}
	name, suffix, found := strings.Cut(path, "/")
	version := Version{Name: name}
	stages := Stages()
	switch lower := strings.ToLower(suffix); {
	case strings.Contains(suffix, "/"):
		return wrong("has a slash too many: names in the model registry have none")
	case !found:
		at := strings.LastIndex(name, "@")
		if at < 0 {
			return wrong("names no version")
		}
		version.Name, version.Alias = name[:at], name[at+1:]
		switch {
		case version.Alias == "":
			return wrong("names no alias")
		case strings.EqualFold(version.Alias, latestVersion): // MLflow keeps this one for itself
			version.Alias, version.Stage = "", latestVersion
		}
	case consistsOf(suffix, decimalDigits):
		n, err := strconv.Atoi(suffix)
		if err != nil || n < 1 {
			return wrong("has no version number")
		}
		version.Number = n
	case lower == latestVersion, slices.ContainsFunc(stages, func(s string) bool { return strings.ToLower(s) == lower }):
		version.Stage = lower
	case suffix == "":
		return wrong("names no version")
	default:
		return wrong(fmt.Sprintf("names neither a number nor one of the stages %s: an alias has an @, as in models:/%s@%s",
			strings.Join(stages, ", "), name, suffix))
	}
	for _, name := range version.names() {
		if strings.TrimSpace(name) == "" || strings.ContainsAny(name, "/:") {
			return wrong("is no name in the model registry: they are not empty and have no slash and no colon")
		}
	}
	return version, nil
}

// names are the names that are meant: the one that was typed, and, if it is quoted
// as in the address of a page, the one that this stands for.
func (v Version) names() []string {
	if plain, err := url.PathUnescape(v.Name); err == nil && plain != v.Name {
		return []string{v.Name, plain}
	}
	return []string{v.Name}
}

// find picks the version that is named from all that there are, which are highest
// first.
func (v Version) find(model RegisteredModel, versions []ModelVersion) (ModelVersion, bool) {
	number := v.Number
	if v.Alias != "" {
		number = model.Aliases[v.Alias]
	}
	at := slices.IndexFunc(versions, func(mv ModelVersion) bool {
		return v.Stage == latestVersion || v.Stage != "" && strings.EqualFold(v.Stage, mv.Stage) || mv.Version == number
	})
	if at < 0 {
		return ModelVersion{}, false
	}
	return versions[at], true
}

// Evaluations are the ids in the tag invocation_id of a version, which the people
// who register models set: of invocations or of their jobs, with commas between
// them. MLflow sets no such tag.
func (v ModelVersion) Evaluations() []string {
	var ids []string
	for _, id := range strings.FieldsFunc(v.Tags[TagInvocation], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// version finds the runs behind models:/NAME/….
func (r Resolver) version(ctx context.Context, store Store, source Source) ([]Found, error) {
	registry, err := RegistryOf(store)
	if err != nil {
		return nil, err
	}
	model, versions, err := r.registered(ctx, store.URI(), registry, source.Version)
	if err != nil {
		return nil, err
	}
	version, ok := source.Version.find(model, versions)
	if !ok {
		return nil, r.noVersion(store.URI(), source.Version, model, versions)
	}
	at := fmt.Sprintf("models:/%s/%d", model.Name, version.Version)
	var found []Found
	if ids := version.Evaluations(); len(ids) > 0 {
		found, err = r.evaluations(ctx, store, source, at, ids)
	} else {
		found, err = r.namesake(ctx, store, source, at, model.Name)
	}
	if err != nil {
		return nil, err
	}
	if source.Version.Number == 0 { // what it stands for changes with time
		found[0].Notes = append([]nemo.Warning{{
			Code: "MODEL_VERSION", Message: fmt.Sprintf("%s is version %d", source.Text, version.Version),
		}}, found[0].Notes...)
	}
	return found, nil
}

// registered reads a model by the name that was typed, else by the one that it
// quotes, and its versions.
func (r Resolver) registered(ctx context.Context, uri string, registry Registry, version Version) (model RegisteredModel, versions []ModelVersion, err error) {
	for _, name := range version.names() {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) { model, err = registry.Model(ctx, name); return err })
		group.Go(func() (err error) { versions, err = registry.Versions(ctx, name); return err })
		if err = group.Wait(); !HasCode(err, NotFound) {
			return model, versions, err
		}
	}
	all, err := registry.Models(ctx)
	if err != nil {
		return model, nil, err
	}
	return model, nil, r.NoModel(uri, version.Name, all)
}

// NoModel is the error for a name that no registered model has; all are those that
// there are.
func (r Resolver) NoModel(uri, name string, all []RegisteredModel) *Error {
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
	}
	const most = 10
	near := r.near(name, names)
	if len(near) == 0 && len(names) <= most {
		near = names
	}
	return &Error{
		Code: NotFound, Message: fmt.Sprintf("no registered model %s in %s", name, uri),
		Hint: "evalctl models   lists the registered models", Candidates: near,
	}
}

// near are those of the known words that were likely meant.
func (r Resolver) near(word string, known []string) []string {
	if r.Near == nil {
		return nil
	}
	return r.Near(word, known)
}

// noVersion is the error for a version that is not there, with what is.
func (r Resolver) noVersion(uri string, version Version, model RegisteredModel, versions []ModelVersion) *Error {
	e := &Error{Code: NotFound}
	switch {
	case version.Alias != "" && model.Aliases[version.Alias] > 0:
		e.Message = fmt.Sprintf("the alias %s of %s in %s is of version %d, which is not there", version.Alias, model.Name, uri, model.Aliases[version.Alias])
	case version.Alias != "":
		e.Message = fmt.Sprintf("%s in %s has no alias %s", model.Name, uri, version.Alias)
	case version.Stage == latestVersion:
		e.Message = fmt.Sprintf("%s in %s has no version", model.Name, uri)
	case version.Stage != "":
		e.Message = fmt.Sprintf("no version of %s in %s is in the stage %s", model.Name, uri, version.Stage)
	default:
		e.Message = fmt.Sprintf("%s in %s has no version %d", model.Name, uri, version.Number)
	}
	const most = 10
	var there []string
	aliases := slices.Sorted(maps.Keys(model.Aliases))
	if version.Alias != "" {
		if near := r.near(version.Alias, aliases); len(near) > 0 {
			aliases = near
		}
	}
	for _, alias := range aliases {
		there = append(there, fmt.Sprintf("models:/%s@%s", model.Name, alias))
	}
	for _, v := range versions {
		there = append(there, fmt.Sprintf("models:/%s/%d", model.Name, v.Version))
	}
	e.Candidates = there[:min(len(there), most)]
	e.Hint = "evalctl models " + quoted(model.Name) + "   lists its versions, aliases and stages"
	return e
}

// evaluations finds the runs of the ids that a version's tag has.
func (r Resolver) evaluations(ctx context.Context, store Store, source Source, at string, ids []string) ([]Found, error) {
	found := make([]Found, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		named, err := parseSource(id)
		if err != nil || named.Demo || !isWhole(named) {
			return nil, &Error{
				Code: NotFound, Message: fmt.Sprintf("the tag %s of %s holds %q, which is no id", TagInvocation, at, id),
				Hint: fmt.Sprintf("it holds invocation ids of %d or %d digits, or ids of jobs or runs, with commas between them", shortInvocation, longInvocation),
			}
		}
		group.Go(func() error {
			f, err := r.named(ctx, store, named)
			if missing, ok := errors.AsType[*Error](err); ok && missing.Code == NotFound {
				named := *missing
				named.Message += fmt.Sprintf(", which the tag %s of %s names", TagInvocation, at)
				err = &named
			}
			f.Source = source
			found[i] = f
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return found, nil
}

// isWhole reports whether a source is an id and no beginning of one, which may
// come to mean another.
func isWhole(source Source) bool {
	switch source.Kind {
	case ByInvocation, ByJob:
		return isInvocationID(source.ID)
	case ByRun, ByBundle:
		return true
	case ByPath, ByPage, ByModel, ByLatest, ByVersion:
	}
	return false
}

// namesake finds the runs of the model that has the name of a registered one, for a
// version that does not say which evaluations are its own.
func (r Resolver) namesake(ctx context.Context, store Store, source Source, at, name string) ([]Found, error) {
	byModel, err := r.namesakes(ctx, store, name)
	if err != nil {
		return nil, err
	}
	models := sortedKeys(byModel)
	hint := "the tag says which evaluations are of a version:\n" + tagCommand(store, name, at[strings.LastIndex(at, "/")+1:])
	switch len(models) {
	case 0:
		return nil, &Error{
			Code:    NotFound,
			Message: fmt.Sprintf("no evaluation of %s in %s: it has no tag %s, and no run has the tag %s %s", at, store.URI(), TagInvocation, TagModel, name),
			Hint:    hint,
		}
	case 1:
	default:
		return nil, &Error{
			Code: Ambiguous, Message: fmt.Sprintf("%s has no tag %s, and its name is that of %d models", at, TagInvocation, len(models)),
			Hint: hint, Candidates: models,
		}
	}
	source.Kind, source.Model = ByModel, models[0] // so were these runs chosen, and nothing lists what the model should have
	found, err := newestOfEachTask(store, source, byModel[models[0]])
	if err != nil {
		return nil, err
	}
	found[0].Notes = append([]nemo.Warning{{
		Code: "MODEL_VERSION_UNTAGGED",
		Message: fmt.Sprintf("%s has no tag %s: runs with the tag %s %s stand for it, which may be of another version",
			at, TagInvocation, TagModel, models[0]),
	}}, found[0].Notes...)
	return found, nil
}

// namesakes are the evaluations whose tag model has the name of a registered model,
// newest first, by that tag. Names in the registry have no slash, while ids of
// models mostly do: where no id is exactly the name, what follows the last slash
// decides, and that may be of several models.
func (r Resolver) namesakes(ctx context.Context, store Store, name string) (map[string][]Run, error) {
	search := Search{
		Any:  []Filter{{{Tag, TagModel, Equal, name}}, {{Tag, TagModel, Like, "*/" + name}}}, // a glob may find more
		View: r.Selection.View,
	}
	byModel := map[string][]Run{}
	for run, err := range store.Search(ctx, search) {
		if err != nil {
			return nil, err
		}
		model := run.Tags[TagModel]
		if (model == name || strings.HasSuffix(model, "/"+name)) && (Selection{}).match(run) {
			byModel[model] = append(byModel[model], run)
		}
	}
	if exact := byModel[name]; len(exact) > 0 {
		return map[string][]Run{name: exact}, nil
	}
	return byModel, nil
}

// tagCommand is the command that links a version with its evaluations; MLflow's
// own command line has none. A server is the one that the environment names; files
// are named here, since MLflow would make a database of its own otherwise.
func tagCommand(store Store, name, version string) string {
	code := fmt.Sprintf(`import mlflow; mlflow.MlflowClient().set_model_version_tag(%q, %q, %q, "ID")`, name, version, TagInvocation)
	command := "python -c " + quoted(code)
	if store.Remote() {
		return command
	}
	command = "MLFLOW_TRACKING_URI=" + quoted(store.URI()) + " " + command
	if strings.HasPrefix(store.URI(), "file:") { // which MLflow refuses since 3.13
		command = "MLFLOW_ALLOW_FILE_STORE=true " + command
	}
	return command
}

// quoted is a word for a shell, whatever a server put into it.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// Link is which evaluations a version of a registered model has, and how that is
// known.
type Link struct {
	By      string   // TagInvocation: a tag of the version; TagModel: a tag of the runs; "": it has none
	IDs     []string // what the version's tag has, or the invocations of the runs, newest first
	Unknown []string // of the version's tag: what no run has, or what is no id
}

// Links finds the evaluations of versions of one registered model, side by side.
func (r Resolver) Links(ctx context.Context, store Store, name string, versions []ModelVersion) ([]Link, error) {
	links := make([]Link, len(versions))
	var named *Link // is the same for all that have no tag
	for i, version := range versions {
		var err error
		if ids := version.Evaluations(); len(ids) > 0 {
			links[i], err = r.tagged(ctx, store, ids)
		} else {
			if named == nil {
				named, err = r.linkByName(ctx, store, name)
			}
			if err == nil {
				links[i] = *named
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}

func (r Resolver) tagged(ctx context.Context, store Store, ids []string) (Link, error) {
	link := Link{By: TagInvocation}
	for _, id := range ids {
		source, err := parseSource(id)
		known := err == nil && isWhole(source)
		if known {
			_, err = r.named(ctx, store, source)
			known = !HasCode(err, NotFound)
		}
		switch {
		case !known:
			link.Unknown = append(link.Unknown, id)
		case err != nil:
			return link, err
		default:
			link.IDs = append(link.IDs, id)
		}
	}
	return link, nil
}

func (r Resolver) linkByName(ctx context.Context, store Store, name string) (*Link, error) {
	byModel, err := r.namesakes(ctx, store, name)
	if err != nil || len(byModel) != 1 {
		return &Link{}, err
	}
	link := &Link{By: TagModel}
	for _, runs := range byModel {
		for _, run := range runs {
			if id := cmp.Or(run.InvocationID(), run.BundleID()); id != "" && !slices.Contains(link.IDs, id) {
				link.IDs = append(link.IDs, id)
			}
		}
	}
	return link, nil
}
