// Package e2e proves the main job end to end on real parts: Redis and Sentinel
// processes, an Alertmanager, a Temporal server, the webhook and the worker. It holds
// tests only.
package e2e
