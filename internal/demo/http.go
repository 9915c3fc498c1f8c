//go:build !lean

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// answerWithin bounds one request to a server of the demo.
const answerWithin = 5 * time.Second

// get reads a JSON answer into to; nil = only that it is there counts.
func get(ctx context.Context, url string, to any) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("get %s: %w", url, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("get %s: %w", url, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return fmt.Errorf("get %s: %w", url, err)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("get %s: %s: %s", url, resp.Status, strings.TrimSpace(string(body)))
	case to == nil:
		return nil
	}
	if err := json.Unmarshal(body, to); err != nil {
		return fmt.Errorf("get %s: decode the answer: %w", url, err)
	}
	return nil
}
