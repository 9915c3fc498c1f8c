package expr

import (
	"fmt"
	"time"
	_ "time/tzdata" // a machine without zone files must not evaluate differently from one that has them

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// timePart is one of CEL's functions that read a timestamp in a time zone.
type timePart struct {
	function string
	standard string // the overload of the standard library that it replaces
	read     func(time.Time) int
}

// timeParts lists those functions. The standard ones take the zone "Local", which is
// another one on every machine; ours do not. What they return is CEL's own: months,
// days of the year and getDayOfMonth() count from 0, Sunday is 0.
func timeParts() []timePart {
	return []timePart{
		{"getFullYear", "timestamp_to_year_with_tz", time.Time.Year},
		{"getMonth", "timestamp_to_month_with_tz", func(t time.Time) int { return int(t.Month()) - 1 }},
		{"getDayOfYear", "timestamp_to_day_of_year_with_tz", func(t time.Time) int { return t.YearDay() - 1 }},
		{"getDayOfMonth", "timestamp_to_day_of_month_with_tz", func(t time.Time) int { return t.Day() - 1 }},
		{"getDate", "timestamp_to_day_of_month_1_based_with_tz", time.Time.Day},
		{"getDayOfWeek", "timestamp_to_day_of_week_with_tz", func(t time.Time) int { return int(t.Weekday()) }},
		{"getHours", "timestamp_to_hours_with_tz", time.Time.Hour},
		{"getMinutes", "timestamp_to_minutes_with_tz", time.Time.Minute},
		{"getSeconds", "timestamp_to_seconds_tz", time.Time.Second},
		{"getMilliseconds", "timestamp_to_milliseconds_with_tz", func(t time.Time) int { return t.Nanosecond() / int(time.Millisecond) }},
	}
}

func (p timePart) declare() cel.EnvOption {
	return cel.Function(p.function, cel.MemberOverload("redress_"+p.function+"_zone",
		[]*cel.Type{cel.TimestampType, cel.StringType}, cel.IntType,
		cel.BinaryBinding(func(at, zone ref.Val) ref.Val {
			location, err := parseZone(string(zone.(types.String)))
			if err != nil {
				return types.WrapErr(err)
			}
			return types.Int(p.read(at.(types.Timestamp).In(location)))
		})))
}

// parseZone reads the name of a time zone ("Europe/Berlin") or an offset ("+05:30").
func parseZone(zone string) (*time.Location, error) {
	// In UTC, because Parse gives the machine's own zone when that has the offset.
	if offset, err := time.ParseInLocation("-07:00", zone, time.UTC); err == nil {
		return offset.Location(), nil
	}
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, fmt.Errorf("%q is not a time zone: write a name as in \"Europe/Berlin\", or an offset as in \"+02:00\"", zone)
	}
	return location, nil
}
