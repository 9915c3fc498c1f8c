package config

import "redress/definitions"

// The codes of the problems that only redress.yaml has; the others are those of
// definitions. They are stable: people search for them. [Codes] documents each.
const (
	CodeEmptyFile         = "empty-file"
	CodeInlineSecret      = "inline-secret"
	CodeMissingFile       = "missing-file"
	CodeNoReceiver        = "no-receiver"
	CodeUnknownReceiver   = "unknown-receiver"
	CodeUnknownRunbook    = "unknown-runbook"
	CodeNoAlertmanager    = "no-alertmanager"
	CodeNoTargets         = "no-targets"
	CodeMatchEverything   = "match-everything"
	CodeOverlappingTarget = "overlapping-targets"
	CodeConflict          = "conflicting-keys"
)

// Codes documents the codes that only redress.yaml has.
func Codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{
		{Code: CodeEmptyFile, Text: "The file has no keys. The message shows the least that is useful."},
		{Code: CodeInlineSecret, Text: "A secret stands in the configuration itself. Put it into a file that only Redress can read, and name that file: secrets are read at the moment of use, and never kept."},
		{Code: CodeMissingFile, Text: "A file or pattern that the configuration names does not exist. For a secret it is a warning, because only the process that uses it needs it."},
		{Code: CodeNoReceiver, Text: "No receiver is configured, so nobody can be told how a run ended."},
		{Code: CodeUnknownReceiver, Text: "The receiver is not in the list `receivers`."},
		{Code: CodeUnknownRunbook, Text: "No shipped runbook has this name."},
		{Code: CodeNoAlertmanager, Text: "No Alertmanager is configured: pages are not held back while a run works, and alerts whose notification was lost are not found."},
		{Code: CodeNoTargets, Text: "No target is configured, so no alert starts anything."},
		{Code: CodeMatchEverything, Text: "The matchers hold for an alert without any labels, so they would match nearly every alert. Name at least one label that must be there."},
		{Code: CodeOverlappingTarget, Text: "Two targets are the same Redis, or match the same alerts. At most one run acts on a target at a time, which only holds when each Redis is one target."},
		{Code: CodeConflict, Text: "Two keys that exclude each other are given."},
	}
}
