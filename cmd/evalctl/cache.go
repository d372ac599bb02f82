package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// defaultCacheSize is how large the cache may become.
const defaultCacheSize = 2_000_000_000

// smallestCache holds the files of some evaluations.
const smallestCache = 1_000_000

func newCache(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cache",
		Short:   "What is kept of servers, for speed and for working offline",
		GroupID: groupOther,
		Long: `cache looks after the files of FINISHED runs that were fetched from servers, and
what is needed to find them without the server: searches, records of runs, lists
of their files. Directories and the built-in data are not cached.

The cache is evalctl-cache-v1 in EVALCTL_CACHE_DIR, else in evalctl in the user's
cache folder, and others cannot read it. What is beside it there is not touched; a
folder of that name without evalctl's CACHEDIR.TAG is not either. --cache-size or
EVALCTL_CACHE_SIZE bounds it (2 GB unless set): what was used least recently goes
first, and what was used in the last ten minutes stays. Each entry has a checksum; a
damaged one is fetched again. Any number of processes may use it at the same time.

--refresh fetches files again, --no-cache neither reads nor writes the cache, and
--offline answers from it alone: what it lacks is listed and exits 7. Runs that
were still RUNNING are never told of offline. No credentials are kept.

` + exitStatusesHelp,
		Example: `  evalctl cache ls
  evalctl cache prune --cache-size 500MB
  evalctl compare c0bd961e50124ab3 ce963eed5b5b91b0 --offline`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newCacheVerb(a, global, "ls", "List what is kept, a line a run", "ls lists what is kept of each run, and of searches of each store.", nil),
		newCacheVerb(a, global, "prune", "Take out what is damaged, and what is too much", `prune reads every entry, takes out those that are damaged, and then those that were
used least recently, those of the last minutes too, until the cache is not larger
than --cache-size.`, (*artifacts.Cache).Prune),
		newCacheVerb(a, global, "clear", "Take everything out", "clear removes every entry of the cache, and nothing else; the empty folder stays.", (*artifacts.Cache).Clear),
		newCachePath(a, global),
	)
	return cmd
}

func newCacheVerb(a *app, global *globalFlags, name, short, long string, change func(*artifacts.Cache) (artifacts.Removed, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use: name, Short: short, Long: long + "\n\n" + exitStatusesHelp,
		Example: "  evalctl cache " + name + "\n  evalctl cache " + name + " -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cache, err := a.namedCache(global)
			if err != nil {
				return err
			}
			value := kind.CacheValue{Entries: []kind.CacheEntry{}, Limit: cache.Limit}
			if change != nil {
				removed, err := change(cache)
				if err != nil {
					return err
				}
				value.Removed = &kind.CacheRemoved{Entries: removed.Entries, Bytes: removed.Bytes}
			}
			lines, err := cache.List()
			if err != nil {
				return err
			}
			for _, line := range lines {
				value.Bytes += line.Bytes
				value.Entries = append(value.Entries, kind.CacheEntry{
					Store: line.Store, RunID: nemo.Optional(line.RunID), JobID: nemo.Optional(line.JobID), Files: line.Files, Bytes: line.Bytes,
				})
			}
			value.Listing = kind.NewListing(len(value.Entries), false)
			return a.print(cmd.Context(), kind.CacheDocument(value, []nemo.Warning{}), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.output.register(cmd, kind.Cache)
	return cmd
}

func newCachePath(a *app, global *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use: "path", Short: "Print the folder of the cache",
		Long:    "path prints the folder that holds the cache and nothing else, whether it is there or\nnot.\n\n" + exitStatusesHelp,
		Example: "  evalctl cache path",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cache, err := a.namedCache(global)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, render.Sanitize(cache.Folder()))
			return a.written(err)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}

// namedCache is the cache, for a verb that is about it.
func (a *app) namedCache(global *globalFlags) (*artifacts.Cache, error) {
	if global.noCache {
		return nil, usagef("--no-cache, and cache is about the cache")
	}
	cache, err := a.cache(global)
	if err == nil && cache == nil {
		err = &query.Error{Code: query.NotFound, Message: "there is no folder for a cache", Hint: "EVALCTL_CACHE_DIR names one"}
	}
	return cache, err
}

// cache is that of this call; nil if it is off or has no place.
func (a *app) cache(global *globalFlags) (*artifacts.Cache, error) {
	if global.cache != nil || global.noCache {
		if global.noCache && (global.offline || global.refresh) {
			return nil, usagef("--no-cache cannot be combined with --offline or --refresh")
		}
		return global.cache, nil
	}
	if global.offline && global.refresh {
		return nil, usagef("--offline cannot be combined with --refresh")
	}
	limit := int64(defaultCacheSize)
	if text := firstSet(global.cacheSize, a.getenv("EVALCTL_CACHE_SIZE")); text != "" {
		var err error
		if limit, err = parseSize(text); err != nil {
			return nil, err
		}
	}
	dir := a.getenv("EVALCTL_CACHE_DIR")
	if dir == "" {
		base, err := a.cacheDir()
		if err != nil {
			return nil, nil //nolint:nilerr // a machine without a place for caches has none
		}
		dir = filepath.Join(base, "evalctl")
	}
	global.cache = artifacts.NewCache(artifacts.CacheOptions{Dir: dir, Limit: limit, Refresh: global.refresh, Now: a.now})
	return global.cache, nil
}

// parseSize reads a number of bytes: 500MB, 2GB, 1.5GiB.
func parseSize(text string) (int64, error) {
	number := strings.TrimRight(strings.TrimSpace(text), "kKmMgGtTiIbB")
	unit, known := map[string]float64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}[strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), number))]
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	const most = 1e18
	if err != nil || !known || !(value*unit >= smallestCache && value*unit <= most) {
		return 0, &usageError{message: fmt.Sprintf("%q is no size of a cache", text), hint: "500MB, 2GB or 1.5GiB; the least is 1MB, and --no-cache is none"}
	}
	return int64(value * unit), nil
}

// fetcher reads artifacts, through the cache unless it is off.
func (a *app) fetcher(global *globalFlags) (*artifacts.Fetcher, *progress, error) {
	cache, err := a.cache(global)
	if err != nil {
		return nil, nil, err
	}
	bar := a.progress(global)
	return artifacts.NewFetcher(cache, bar, 0), bar, nil
}

// offlineNotes say of the runs of a store that answers from the cache that they are
// what was known.
func offlineNotes(store query.Store, ids []string) []nemo.Warning {
	if !artifacts.IsOffline(store) || len(ids) == 0 {
		return nil
	}
	return []nemo.Warning{{
		Code: "FROM_CACHE", RunIDs: ids,
		Message: countOf(len(ids), "run") + " of " + store.URI() + " as the cache has them; the server was not asked",
	}}
}

// leftOutOffline says which runs a list from the cache does not have.
func leftOutOffline(global *globalFlags) []nemo.Warning {
	if global.stores == nil || global.stores.offline == nil {
		return nil
	}
	ids := global.stores.offline.LeftOut()
	if len(ids) == 0 {
		return nil
	}
	return []nemo.Warning{{
		Code: "LEFT_OUT_OFFLINE", RunIDs: ids,
		Message: countOf(len(ids), "run") + " left out, not at the end when last seen: how that ended is not in the cache",
	}}
}

// lacking is the error for an answer that the cache is not enough for; nil if it
// is.
func lacking(global *globalFlags, err error) error {
	if global.stores == nil || global.stores.offline == nil || err != nil && !query.HasCode(err, query.Offline) {
		return err
	}
	all, files := global.stores.offline.Lacks()
	if err == nil && len(files) == 0 {
		return nil
	}
	return &query.Error{
		Code: query.Offline, Message: "offline, and not in the cache:", Lacks: all,
		Hint: "the same command without --offline fetches it",
	}
}
