package webhook

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// readyTimeout is less than the 5 s that load balancers commonly wait.
const readyTimeout = 4 * time.Second

// healthy answers as long as the process serves requests.
func healthy(c *gin.Context) { c.String(http.StatusOK, "Redress is healthy.\n") }

// ready answers whether a notification could be recorded now.
func (s *server) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeoutCause(c.Request.Context(), readyTimeout, fmt.Errorf("no answer within %s", readyTimeout))
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		fail(c, http.StatusServiceUnavailable, "Redress is not ready: %v", err)
		return
	}
	c.String(http.StatusOK, "Redress is ready.\n")
}
