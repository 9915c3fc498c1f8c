// Package workflows holds the four workflows of Redress: the guardian of a target,
// the remediation that interprets a runbook, the fleet that admits acts, and the
// round that looks after leases and lost news.
//
// The code here is deterministic: no network, no clock but workflow time, no
// iteration over maps. It calls actions by name with data, and must import neither
// the activities nor any client.
package workflows
