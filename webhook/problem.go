package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"redress/internal/contract"
)

// Problem is the answer to every request that fails, as RFC 9457 has it. Its type is
// always about:blank: the status says what kind of problem it is, the detail says what
// to do.
type Problem struct {
	Type     string   `json:"type"`
	Title    string   `json:"title"`
	Status   int      `json:"status"`
	Detail   string   `json:"detail"`
	Instance string   `json:"instance"` // the path that was asked for
	Errors   []Defect `json:"errors,omitempty"`
}

// Defect is one of several things that are wrong with a body.
type Defect struct {
	Pointer string `json:"pointer"` // RFC 6901, into the body
	Detail  string `json:"detail"`
}

// problemType is the media type of RFC 9457, section 3.
const problemType = "application/problem+json"

// fail ends a request with a problem.
func fail(c *gin.Context, status int, format string, args ...any) {
	write(c, Problem{Status: status, Detail: fmt.Sprintf(format, args...)})
}

func write(c *gin.Context, p Problem) {
	p.Type, p.Title, p.Instance = "about:blank", http.StatusText(p.Status), c.Request.URL.Path
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers
		panic(fmt.Sprintf("encoding a problem: %v", err))
	}
	if p.Status == http.StatusServiceUnavailable {
		c.Header("Retry-After", "10") // seconds; a Temporal restart takes less
	}
	c.Abort()
	c.Data(p.Status, problemType, append(body, '\n'))
}

// failReading ends a request whose answer could not be read from Temporal.
func (s *server) failReading(c *gin.Context, err error) {
	switch {
	case errors.Is(err, contract.ErrUnavailable):
		s.Log.Warn("reading failed", "path", c.Request.URL.Path, "error", err)
		fail(c, http.StatusServiceUnavailable, "%v", err)
	default:
		s.Log.Error("reading failed", "path", c.Request.URL.Path, "error", err)
		fail(c, http.StatusInternalServerError, "%v", err)
	}
}

func noRoute(c *gin.Context) {
	fail(c, http.StatusNotFound, "there is nothing at %s; notifications go to /api/v1/alertmanager, runs are at /api/v1/runs", c.Request.URL.Path)
}

func noMethod(c *gin.Context) {
	fail(c, http.StatusMethodNotAllowed, "%s takes %s, not %s", c.Request.URL.Path, strings.Join(c.Writer.Header().Values("Allow"), ", "), c.Request.Method)
}
