package main

import (
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden output of testdata/script anew")

// TestMain makes this binary serve as redress itself for the scripts.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"redress": main})
}

// TestScripts runs testdata/script: every verb as people type it. $API is a Redress
// that knows the runs of testdata/api, $NOBODY an address where nothing listens.
func TestScripts(t *testing.T) {
	api := httptest.NewServer(fakeAPI(t))
	t.Cleanup(api.Close)
	nobody := unused(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("API", api.URL)
			env.Setenv("NOBODY", nobody)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code},
	})
}

// fakeAPI answers as serve does, from files, at a fixed time.
func fakeAPI(t *testing.T) http.Handler {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", "api", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	list := read("runs.json")
	var runs struct{ Runs []json.RawMessage }
	if err := json.Unmarshal(list, &runs); err != nil {
		t.Fatal(err)
	}
	answer := func(w http.ResponseWriter, status int, media string, body []byte) {
		w.Header().Set("Date", "Sat, 21 Nov 2026 03:05:42 GMT")
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		if _, err := w.Write(body); err != nil {
			t.Errorf("answer: %v", err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/runs", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		case "limit=20":
			answer(w, http.StatusOK, "application/json", list)
		case "limit=1&outcome=refused&page_token=abc&runbook=r&status=finished&target=t":
			answer(w, http.StatusOK, "application/json", []byte(`{"runs":[],"next_page_token":""}`))
		default:
			answer(w, http.StatusBadRequest, "application/problem+json", []byte(`{"detail":"unexpected query `+r.URL.RawQuery+`"}`))
		}
	})
	mux.HandleFunc("GET /api/v1/runs/{id}", func(w http.ResponseWriter, r *http.Request) {
		for _, raw := range runs.Runs {
			var run struct{ ID string }
			if err := json.Unmarshal(raw, &run); err != nil {
				t.Errorf("runs.json: %v", err)
			}
			if run.ID == r.PathValue("id") {
				answer(w, http.StatusOK, "application/json", raw)
				return
			}
		}
		answer(w, http.StatusNotFound, "application/problem+json",
			[]byte(`{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no run \"`+r.PathValue("id")+`\""}`))
	})
	mux.HandleFunc("/broken/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusBadGateway, "text/html", []byte("<h1>502</h1>\x1b[2J"))
	})
	mux.HandleFunc("/other/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "application/json", []byte(`["not ours"]`))
	})
	return mux
}

// unused returns an address of loopback where nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
