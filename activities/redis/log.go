package redis

import "github.com/redis/go-redis/v9/logging"

// QuietLibrary keeps go-redis from printing on standard error. It prints each failed
// connection there, past any logger, and tells nothing that its errors do not. The
// library has but one switch for the whole process: a program calls this once, before
// the first connection.
func QuietLibrary() { logging.Disable() }
