package temporal

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"redress/internal/contract"
)

// fail names the action that failed and says once and for all callers whether the
// thing is not there, Temporal is away, or neither.
func fail(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	action := fmt.Sprintf(format, args...)
	switch {
	case absent(err):
		return fmt.Errorf("%s: %w: %w", action, contract.ErrNotFound, err)
	case away(err):
		// The SDK reports its own last attempt; the cause of our deadline tells more.
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w (%w)", err, cause)
		}
		return fmt.Errorf("%s: %w: %w", action, contract.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", action, err)
	}
}

// absent reports whether a workflow is not there or is closed already.
func absent(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// away reports whether Temporal cannot be reached, does not answer, or does not
// serve us; all of them pass or are put right without another request.
func away(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var namespace *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	var exhausted *serviceerror.ResourceExhausted
	if errors.As(err, &namespace) || errors.As(err, &denied) || errors.As(err, &exhausted) {
		return true
	}
	switch code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Unauthenticated, codes.PermissionDenied, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}

// code returns the gRPC code of an error, whether it still is a status or was
// translated by the SDK.
func code(err error) codes.Code {
	var translated serviceerror.ServiceError
	if errors.As(err, &translated) {
		return translated.Status().Code()
	}
	return status.Code(err)
}
