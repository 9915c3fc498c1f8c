package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const (
	// apiTimeout is more than the API itself waits for Temporal.
	apiTimeout = 15 * time.Second
	// apiMaxBody is far above the longest list: 500 runs of some kilobytes.
	apiMaxBody = 64 << 20
)

// apiFlags are those of every verb that asks a running Redress.
type apiFlags struct{ url, output string }

func (f *apiFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.url, "redress.url", "http://127.0.0.1:8080", "`URL` of a running serve or standalone")
	outputFlag(fs, &f.output, "table", "json")
}

// answer is what the API said.
type answer struct {
	body []byte
	now  time.Time // by the clock of the server, so that ages are right
}

// into decodes the answer.
func (a answer) into(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return fmt.Errorf("understand the answer of Redress (is this verb of the same version?): %w", err)
	}
	return nil
}

// indented writes the answer as it came, also what this version does not know.
func (a answer) indented(w io.Writer) error {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(a.body), "", "  "); err != nil {
		return fmt.Errorf("understand the answer of Redress: %w", err)
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(w)
	return err
}

// get asks for a path of the API.
func (f *apiFlags) get(ctx context.Context, path []string, query url.Values) (answer, error) {
	base, err := url.Parse(f.url)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return answer{}, usageError{fmt.Sprintf("--redress.url is %q", f.url), "it is a whole URL: --redress.url=http://127.0.0.1:8080"}
	}
	segments := []string{"api", "v1"}
	for _, p := range path {
		segments = append(segments, url.PathEscape(p))
	}
	u := base.JoinPath(segments...)
	u.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeoutCause(ctx, apiTimeout, fmt.Errorf("no answer within %s", apiTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return answer{}, fmt.Errorf("ask Redress: %w", err)
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("cannot reach Redress at %s: %w\nIs redress serve or standalone running there? --redress.url names another one", base.Redacted(), cause(ctx, err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, apiMaxBody))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer of Redress at %s: %w", base.Redacted(), cause(ctx, err))
	}
	if res.StatusCode != http.StatusOK {
		return answer{}, refusal(base, res, body)
	}
	now, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil { // a proxy took it away
		now = time.Now()
	}
	return answer{body: body, now: now}, nil
}

// cause prefers the reason of a timeout to "context deadline exceeded", and drops the
// URL, which the caller names, from the error.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// refusal is the error of an answer that is none: the detail of a problem document, or
// the status.
func refusal(base *url.URL, res *http.Response, body []byte) error {
	var problem struct{ Detail string }
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err == nil && media == "application/problem+json" && json.Unmarshal(body, &problem) == nil && problem.Detail != "" {
		return errors.New(problem.Detail)
	}
	text := strings.TrimSpace(string(body))
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return fmt.Errorf("%s answered %s: %s\nIs that Redress? --redress.url names another one", base.Redacted(), res.Status, printable(text))
}
