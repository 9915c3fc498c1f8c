package contract

import "errors"

// Errors that cross packages: who reaches Temporal wraps them, who answers people
// maps them to a status.
var (
	// ErrNotFound says that there is no run, guardian or fleet of that name, or none any more.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable says that Temporal could not be reached, did not answer in time,
	// or does not serve us; the same request may succeed later.
	ErrUnavailable = errors.New("Temporal is not available")
	// ErrTooLarge says that a message is larger than Temporal takes, however it is divided.
	ErrTooLarge = errors.New("too large for Temporal")
	// ErrPageToken says that a page token is none that was given out for these filters.
	ErrPageToken = errors.New("not a page token of this list")
)
