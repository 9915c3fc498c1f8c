package webhook

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
)

// body reads the body of a request, no more than MaxBody and no longer than
// BodyTimeout, and answers the request when it cannot.
//
// The media type is not looked at: what is no notification is told so by what is in
// it. A web page, though, must not post alerts to a Redress on loopback: a browser
// names the page in Origin, which neither Alertmanager nor curl sends.
func (s *server) body(c *gin.Context) ([]byte, bool) {
	if origin := c.GetHeader("Origin"); origin != "" {
		fail(c, http.StatusForbidden, "the request comes from the web page %q; notifications are taken from Alertmanager, not from browsers", origin)
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
