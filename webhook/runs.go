package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"redress/definitions"
	"redress/internal/contract"
)

// mostRuns is the largest limit of a list, as of [contract.RunFilter].
const mostRuns = 500

// runs lists runs.
func (s *server) runs(c *gin.Context) {
	filter, err := runFilter(c.Request.URL.Query())
	if err != nil {
		fail(c, http.StatusBadRequest, "%v", err)
		return
	}
	list, err := s.Runs.Runs(c.Request.Context(), filter)
	switch {
	case errors.Is(err, contract.ErrPageToken):
		fail(c, http.StatusBadRequest, "page_token is none that this list gave out; take next_page_token of the page before, with the same filters")
	case err != nil:
		s.failReading(c, err)
	default:
		if list.Runs == nil {
			list.Runs = []contract.Run{}
		}
		c.JSON(http.StatusOK, list)
	}
}

// run shows one run.
func (s *server) run(c *gin.Context) {
	id := c.Param("id")
	run, err := s.Runs.Run(c.Request.Context(), id)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		fail(c, http.StatusNotFound, "there is no run %q, or it is older than Temporal's retention; redress runs, or /api/v1/runs, lists those that there are", id)
	case err != nil:
		s.failReading(c, err)
	default:
		c.JSON(http.StatusOK, run)
	}
}

// target shows what is remembered of a target.
func (s *server) target(c *gin.Context) {
	name := c.Param("name")
	guardian, err := s.Guardians.Guardian(c.Request.Context(), name)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		fail(c, http.StatusNotFound, "nothing is remembered of a target %q: no alert about it has arrived; check the name, and the match of the target in redress.yaml", name)
	case err != nil:
		s.failReading(c, err)
	default:
		c.JSON(http.StatusOK, guardian)
	}
}

// runFilter reads the parameters of the list. An unknown one is an error: a misspelt
// filter that is ignored shows everything.
func runFilter(query map[string][]string) (contract.RunFilter, error) {
	var f contract.RunFilter
	fields := []struct {
		name string
		set  func(string) error
	}{
		{"target", text(&f.Target)},
		{"runbook", text(&f.Runbook)},
		{"outcome", word(&f.Outcome, words(definitions.Outcomes()))},
		{"status", word(&f.Status, words([]contract.RunStatus{contract.RunRunning, contract.RunWaiting, contract.RunClearing, contract.RunFinished}))},
		{"limit", number(&f.Limit)},
		{"page_token", text(&f.PageToken)},
	}
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.name
		values := query[field.name]
		if len(values) > 1 {
			return f, fmt.Errorf("%s is given %d times; give it once", field.name, len(values))
		}
		if len(values) == 0 || values[0] == "" {
			continue
		}
		if err := field.set(values[0]); err != nil {
			return f, fmt.Errorf("%s %w", field.name, err)
		}
	}
	given := make([]string, 0, len(query))
	for name := range query {
		given = append(given, name)
	}
	slices.Sort(given)
	for _, name := range given {
		if !slices.Contains(names, name) {
			return f, fmt.Errorf("there is no parameter %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return f, nil
}

func text(to *string) func(string) error {
	return func(s string) error { *to = s; return nil }
}

func word(to *string, allowed []string) func(string) error {
	return func(s string) error {
		if !slices.Contains(allowed, s) {
			return fmt.Errorf("is %q; it is one of %s", s, strings.Join(allowed, ", "))
		}
		*to = s
		return nil
	}
}

func number(to *int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > mostRuns {
			return fmt.Errorf("is %q; it is a number from 1 to %d", s, mostRuns)
		}
		*to = n
		return nil
	}
}

func words[W ~string](ws []W) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = string(w)
	}
	return out
}
