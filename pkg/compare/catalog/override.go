package catalog

import (
	"fmt"
	"maps"
	"slices"
)

// Override is what somebody says of a task beyond the catalog, or instead of it.
// Name may be an alias; what is empty stays as it was.
type Override struct {
	Name string
	// Primary is METRIC[/SCORE], in order. The task then has one of these headlines
	// or none, on every harness, and what the catalog knew of scale and direction,
	// which was about another score, is forgotten.
	Primary   []string
	Scale     Scale
	Direction Direction
	Aliases   []string // more names of the task
}

// ClashError is a name that would stand for two tasks.
type ClashError struct {
	Name string
	Task string // for which it was to be an alias
	Of   string // the task that it already names
}

// Error names both tasks.
func (e *ClashError) Error() string {
	return fmt.Sprintf("%s cannot be an alias of %s: it already names %s", e.Name, e.Task, e.Of)
}

// With returns a catalog with an override. The error is a [*ClashError].
func (c *Catalog) With(o Override) (*Catalog, error) {
	name := c.Canonical(o.Name)
	aliases := maps.Clone(c.aliases)
	task := c.tasks[name]
	task.Name, task.overridden = name, true
	for _, alias := range o.Aliases {
		owner, taken := aliases[alias]
		if _, isTask := c.tasks[alias]; isTask {
			owner, taken = alias, true
		}
		if taken && owner != name {
			return nil, &ClashError{Name: alias, Task: o.Name, Of: owner}
		}
		if alias != name {
			aliases[alias] = name
		}
	}
	if len(o.Primary) > 0 {
		task.Primary, task.strict, task.Harness = slices.Clone(o.Primary), true, ""
		task.Scale, task.Direction = "", ""
	}
	if o.Scale != "" {
		task.Scale = o.Scale
	}
	if o.Direction != "" {
		task.Direction = o.Direction
	}
	tasks := maps.Clone(c.tasks)
	tasks[name] = task
	return &Catalog{tasks: tasks, aliases: aliases, scales: c.scales}, nil
}
