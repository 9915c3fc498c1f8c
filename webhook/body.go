package webhook

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
)

// body reads the body of a request, no more than MaxBody and no longer than
// BodyTimeout, and answers the request when it cannot.
//
// Only application/json is taken. A browser sends that to another site with that
// site's consent alone, so that no web page can post alerts to a Redress on loopback.
func (s *server) body(c *gin.Context) ([]byte, bool) {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "application/json" {
		fail(c, http.StatusUnsupportedMediaType, "the Content-Type is %q and must be application/json; with curl: -H 'Content-Type: application/json'", c.GetHeader("Content-Type"))
		return nil, false
	}
	if encoding := c.GetHeader("Content-Encoding"); encoding != "" && encoding != "identity" {
		fail(c, http.StatusUnsupportedMediaType, "the Content-Encoding is %q; send the body as it is", encoding)
		return nil, false
	}
	if c.Request.ContentLength > s.MaxBody {
		// Not reading it saves both sides the transfer.
		s.failTooLarge(c)
		return nil, false
	}
	conn := http.NewResponseController(c.Writer)
	// A writer that knows no deadlines (a test's) has no slow client either.
	if err := conn.SetReadDeadline(time.Now().Add(s.BodyTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.Log.Warn("no deadline could be set for a body", "error", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, s.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.failTooLarge(c)
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.Header("Connection", "close")
		fail(c, http.StatusRequestTimeout, "the body did not arrive within %s", s.BodyTimeout)
	case err != nil:
		fail(c, http.StatusBadRequest, "the body broke off after %d bytes: %v", len(body), err)
	default:
		// The server goes on reading, to notice a client that leaves; it must not
		// take our deadline for that.
		if err := conn.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			s.Log.Warn("the deadline of a body could not be lifted", "error", err)
		}
		return body, true
	}
	return nil, false
}

func (s *server) failTooLarge(c *gin.Context) {
	c.Header("Connection", "close")
	fail(c, http.StatusRequestEntityTooLarge,
		"the body is larger than %d bytes; set max_alerts in Alertmanager's webhook_configs or group by more labels; the alerts are fetched from Alertmanager within a minute", s.MaxBody)
}
