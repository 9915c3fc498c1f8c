package lint

// DataFields lists what a template can read: under "" what stands at the root of its
// data, under "Target" and "Run" their fields, under "Alerts" those of one alert.
// The package that renders templates tests that its data has just these.
func DataFields() map[string][]string {
	return map[string][]string{
		"": {
			"Target", "Run", "Steps", "Reason", "Receiver", "Status", "Alerts", "NotificationReason",
			"GroupLabels", "CommonLabels", "CommonAnnotations", "RouteLabels", "ExternalURL",
		},
		"Target": {"Name", "Labels", "TaskQueue"},
		"Run": {
			"ID", "Target", "Runbook", "RunbookSHA256", "Title", "Mode", "ModeWhy", "Why", "Trigger", "Status",
			"Outcome", "Reason", "StartedAt", "FinishedAt", "FirstActAt", "HealedAt", "Alerts", "Steps", "Acts",
			"Silences", "SilencedUntil", "Notifications", "Told", "URL", "Stale", "Brief",
		},
		"Alerts": {"Status", "Labels", "Annotations", "StartsAt", "EndsAt", "GeneratorURL", "Fingerprint"},
	}
}
