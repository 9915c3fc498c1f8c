package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// authorize asks for the bearer token, when there is one. A token that cannot be read
// lets nobody in, and is our trouble, not the caller's: 503, so that Alertmanager
// comes again.
func (s *server) authorize(c *gin.Context) {
	if s.Token == nil {
		return
	}
	wanted, err := s.Token()
	if err == nil && wanted == "" {
		err = errors.New("the token is empty")
	}
	if err != nil {
		s.Log.Error("the bearer token of the webhook cannot be read", "error", err)
		fail(c, http.StatusServiceUnavailable, "the bearer token that callers must show cannot be read; see the log of `redress serve`")
		return
	}
	scheme, given, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	given = strings.TrimSpace(given)
	if !strings.EqualFold(scheme, "Bearer") || given == "" {
		c.Header("WWW-Authenticate", `Bearer realm="redress"`)
		fail(c, http.StatusUnauthorized, "a bearer token is needed; in Alertmanager set webhook_configs.http_config.authorization.credentials_file to a file with the token of webhook.token_file")
		return
	}
	// Sums have one length, so that the comparison does not tell the token's.
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		fail(c, http.StatusForbidden, "the bearer token is not the one of webhook.token_file; compare it with Alertmanager's credentials_file")
	}
}
