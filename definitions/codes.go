package definitions

// The codes of the problems that [Parse] and [Load] find. They are stable: people
// search for them and refer to them. [Codes] documents each.
const (
	CodeNotYAML          = "not-yaml"
	CodeNeedsQuotes      = "needs-quotes"
	CodeUnreadable       = "unreadable"
	CodeTooLarge         = "too-large"
	CodeTooDeep          = "too-deep"
	CodeTooManySteps     = "too-many-steps"
	CodeSecondDocument   = "second-document"
	CodeAlias            = "yaml-alias"
	CodeMerge            = "yaml-merge"
	CodeTag              = "yaml-tag"
	CodeUnknownKey       = "unknown-key"
	CodeDuplicateKey     = "duplicate-key"
	CodeMissingKey       = "missing-key"
	CodeMisplacedKey     = "misplaced-key"
	CodeNotSupportedYet  = "not-supported-yet"
	CodeEmptyValue       = "empty-value"
	CodeWrongShape       = "wrong-shape"
	CodeBadValue         = "bad-value"
	CodeBadName          = "bad-name"
	CodeDuplicateName    = "duplicate-name"
	CodeDuplicateRunbook = "duplicate-runbook"
	CodeNoKind           = "no-kind"
	CodeTwoKinds         = "two-kinds"
	CodeBadDuration      = "bad-duration"
	CodeBadMatcher       = "bad-matcher"
	CodeBadRegexp        = "bad-regexp"
	CodeBadExpression    = "bad-expression"
)

// CodeDoc documents one code of a problem.
type CodeDoc struct {
	Code string
	// Text says what was found, why it matters, and what to do, in a sentence or two.
	Text string
}

// Codes documents the codes of this package, in the order of the constants.
func Codes() []CodeDoc {
	return []CodeDoc{
		{CodeNotYAML, "The file is not YAML. Nothing else in it can be checked until it is."},
		{CodeNeedsQuotes, "YAML reads the value differently from what was meant: a value that begins with `!` is a tag, one with `{` a map, one with `[` a list, one with `&` or `*` an anchor or alias, and one that begins with a quote ends at that quote. Put the whole value in quotes, or write it as a block after `|`."},
		{CodeUnreadable, "The file could not be read, or it is not UTF-8 text."},
		{CodeTooLarge, "The file is larger than 1 MiB. A runbook travels with every run, so it must stay small."},
		{CodeTooDeep, "The file nests more deeply than any runbook needs (64 levels)."},
		{CodeTooManySteps, "The runbook has more than 500 steps, those in `else` counted. Split it."},
		{CodeSecondDocument, "The file holds a second YAML document after `---`. Each runbook is a file of its own."},
		{CodeAlias, "Anchors (`&name`) and aliases (`*name`) are not accepted: a reader at night must see each step where it stands."},
		{CodeMerge, "Merge keys (`<<`) are not accepted, for the same reason as aliases."},
		{CodeTag, "YAML tags (`!name`, `!!str`) are not accepted. A condition that begins with `!` must stand in quotes."},
		{CodeUnknownKey, "The key does not exist here. It is never ignored, because it may be a misspelt safety."},
		{CodeDuplicateKey, "The same key stands twice in one map; which one was meant cannot be known."},
		{CodeMissingKey, "A required key is missing."},
		{CodeMisplacedKey, "The key exists, but not in a step of this kind."},
		{CodeNotSupportedYet, "The key, step or value belongs to the language, but this version of Redress does not carry it out yet. It is refused instead of ignored."},
		{CodeEmptyValue, "The value is missing or empty."},
		{CodeWrongShape, "A text, a list or a map was expected, and something else is there."},
		{CodeBadValue, "The value is none of those that are possible here, or out of its range."},
		{CodeBadName, "Runbooks are named in kebab-case (`redis-master-down`), steps in snake_case (`by_itself`): the names become parts of workflow IDs and of expressions."},
		{CodeDuplicateName, "Two steps have the same name. Names are unique in a runbook, also across branches."},
		{CodeDuplicateRunbook, "Two files define a runbook of the same name."},
		{CodeNoKind, "The step has none of the keys that make it a step: `check`, `guard`, `act`, `verify`, `notify`, `escalate`, `stop`."},
		{CodeTwoKinds, "The step has two of the keys that make it a step. Make two steps of it."},
		{CodeBadDuration, "Durations are written as in Prometheus: `90s`, `5m`, `1h30m`, `1d`."},
		{CodeBadMatcher, "The line is not in Alertmanager's matcher syntax: `alertname=\"RedisDown\", env=~\"prod|stage\"`."},
		{CodeBadRegexp, "The regular expression of a matcher is not valid RE2."},
		{CodeBadExpression, "The CEL expression cannot be parsed."},
	}
}
