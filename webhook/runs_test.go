package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
)

func TestRuns(t *testing.T) {
	var asked contract.RunFilter
	var answer error
	o := options(&recorder{})
	o.Runs = reader{list: func(f contract.RunFilter) (contract.RunList, error) {
		asked = f
		return contract.RunList{NextPageToken: "next"}, answer
	}}
	h := handler(t, o)
	tests := []struct {
		query  string
		answer error
		want   contract.RunFilter
		status int
		detail string
	}{
		{query: "", status: 200},
		{query: "?target=&limit=", status: 200},
		{
			query:  "?target=cache-prod&runbook=redis-master-down&outcome=healed&status=finished&limit=500&page_token=abc",
			want:   contract.RunFilter{Target: "cache-prod", Runbook: "redis-master-down", Outcome: "healed", Status: "finished", Limit: 500, PageToken: "abc"},
			status: 200,
		},
		{query: "?target=a'%20OR%201", want: contract.RunFilter{Target: "a' OR 1"}, status: 200},
		{query: "?status=done", status: 400, detail: `status is "done"; it is one of running, waiting, clearing, finished`},
		{query: "?outcome=ok", status: 400, detail: `outcome is "ok"; it is one of healed, no_action, observed, refused, escalated, ineffective, inconclusive, failed, cancelled`},
		{query: "?limit=0", status: 400, detail: `limit is "0"; it is a number from 1 to 500`},
		{query: "?limit=many", status: 400, detail: `limit is "many"; it is a number from 1 to 500`},
		{query: "?targets=a", status: 400, detail: `there is no parameter "targets"; there are target, runbook, outcome, status, limit, page_token`},
		{query: "?target=a&target=b", status: 400, detail: `target is given 2 times; give it once`},
		{query: "?page_token=x", answer: contract.ErrPageToken, status: 400, detail: "page_token is none that this list gave out"},
		{query: "?target=a", answer: contract.ErrUnavailable, status: 503, detail: "Temporal is not available"},
		{query: "?target=a", answer: errors.New("oops"), status: 500, detail: "oops"},
	}
	for _, tt := range tests {
		t.Run(strings.TrimPrefix(fmt.Sprint(tt.query, " ", tt.status), "?"), func(t *testing.T) {
			asked, answer = contract.RunFilter{}, tt.answer
			rec := get(h, "/api/v1/runs"+tt.query)
			if rec.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, tt.status, rec.Body)
			}
			if tt.status != http.StatusOK {
				if p := problemOf(t, rec, "/api/v1/runs"); !strings.Contains(p.Detail, tt.detail) {
					t.Errorf("detail = %q, want it to contain %q", p.Detail, tt.detail)
				}
				return
			}
			if diff := cmp.Diff(tt.want, asked); diff != "" {
				t.Errorf("filter (-want +got):\n%s", diff)
			}
			if got, want := rec.Body.String(), `{"runs":[],"next_page_token":"next"}`; got != want {
				t.Errorf("answer = %s, want %s", got, want)
			}
		})
	}
}

func TestRunAndTarget(t *testing.T) {
	o := options(&recorder{})
	r := reader{
		one: func(id string) (contract.Run, error) {
			switch id {
			case "cache-prod.redis-master-down.20261121T030412Z":
				return contract.Run{ID: id, Outcome: "healed"}, nil
			case "away":
				return contract.Run{}, fmt.Errorf("reading: %w", contract.ErrUnavailable)
			default:
				return contract.Run{}, fmt.Errorf("reading: %w", contract.ErrNotFound)
			}
		},
		state: func(name string) (contract.Guardian, error) {
			if name != "cache-prod" {
				return contract.Guardian{}, contract.ErrNotFound
			}
			return contract.Guardian{Target: name}, nil
		},
	}
	o.Runs, o.Guardians = r, r
	h := handler(t, o)
	tests := []struct {
		path   string
		status int
		want   string
	}{
		{"/api/v1/runs/cache-prod.redis-master-down.20261121T030412Z", 200, `"outcome":"healed"`},
		{"/api/v1/runs/nobody", 404, `there is no run \"nobody\"`},
		{"/api/v1/runs/away", 503, `Temporal is not available`},
		{"/api/v1/targets/cache-prod", 200, `"target":"cache-prod"`},
		{"/api/v1/targets/nobody", 404, `nothing is remembered of a target \"nobody\"`},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			rec := get(h, tt.path)
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.want) {
				t.Errorf("%d %s; want %d with %s", rec.Code, rec.Body, tt.status, tt.want)
			}
			if tt.status != http.StatusOK {
				problemOf(t, rec, tt.path)
			}
		})
	}
}
