package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"redress/activities"
	"redress/internal/contract"
)

// PayloadVersion is the version of [Payload]. Fields may be added to a version.
const PayloadVersion = "1"

// Payload is what an HTTP receiver gets, as JSON by POST. An answer of 2xx means that
// it took the message. After 408, 429 and 5xx the message is sent again; any other
// answer is final. A message may arrive twice.
type Payload struct {
	Version  string           `json:"version"` // [PayloadVersion]
	Receiver string           `json:"receiver"`
	Title    string           `json:"title"`
	Message  string           `json:"message"`
	Reason   string           `json:"reason"` // why the run ended or was refused; may be empty
	URL      string           `json:"url"`    // the run's page; may be empty
	Run      contract.Run     `json:"run"`    // as on the API; inputs and results may be left out
	Alerts   []contract.Alert `json:"alerts"` // those that the run answers
}

// longestAnswer is how much of an answer that is no success is told.
const longestAnswer = 200

// noRedirects returns a client that takes a redirect for an answer: followed, a POST
// may become a GET without its document.
func noRedirects(c *http.Client) *http.Client {
	if c == nil {
		c = http.DefaultClient
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// byHTTP posts a message as JSON.
func (n *Notifier) byHTTP(ctx context.Context, raw string, t contract.Tell, told contract.Told) error {
	alerts := t.Alerts
	if alerts == nil {
		alerts = []contract.Alert{}
	}
	body, err := json.Marshal(Payload{
		Version: PayloadVersion, Receiver: told.Receiver, Title: told.Title, Message: told.Message,
		Reason: reason(t), URL: t.Run.URL, Run: t.Run, Alerts: alerts,
	})
	if err != nil {
		return activities.Permanent(fmt.Errorf("encode the message: %w", err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, raw, bytes.NewReader(body))
	if err == nil && (req.URL.Host == "" || (req.URL.Scheme != "http" && req.URL.Scheme != "https")) {
		err = errors.New("it has no http(s) scheme or no host")
	}
	if err != nil {
		return activities.Permanent(fmt.Errorf("its URL is wrong: %w", bare(err)))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "redress")
	resp, err := n.http.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("post the message: %w", bare(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		return nil
	}
	return refused(resp)
}

// refused returns the error of an answer that is no success.
func refused(resp *http.Response) error {
	said, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		said = nil // the status alone has to do
	}
	answer := fmt.Errorf("it answered %s", resp.Status)
	if text := strings.Join(strings.Fields(strings.ToValidUTF8(string(said), "")), " "); text != "" {
		answer = fmt.Errorf("%w: %s", answer, text)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		return answer
	case code/100 == 3:
		return activities.Permanent(fmt.Errorf("%w; give the URL that it redirects to", answer))
	default:
		return activities.Permanent(answer)
	}
}

// bare takes the URL out of an error of net/http or net/url.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
