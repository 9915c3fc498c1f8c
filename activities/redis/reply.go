package redis

import "fmt"

// Fields reads a reply that lists names and values in turn, as CONFIG GET and SENTINEL
// MASTER give it.
func Fields(reply any) (map[string]string, error) {
	list, ok := reply.([]any)
	if !ok || len(list)%2 != 0 {
		return nil, fmt.Errorf("the reply is no list of names and values, but %T", reply)
	}
	fields := make(map[string]string, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		name, isText := list[i].(string)
		value, isAlso := list[i+1].(string)
		if !isText || !isAlso {
			return nil, fmt.Errorf("the reply holds %T and %T where a name and a value belong", list[i], list[i+1])
		}
		fields[name] = value
	}
	return fields, nil
}

// FieldsList reads a reply that lists such lists, as SENTINEL REPLICAS gives it.
func FieldsList(reply any) ([]map[string]string, error) {
	list, ok := reply.([]any)
	if !ok {
		return nil, fmt.Errorf("the reply is no list, but %T", reply)
	}
	all := make([]map[string]string, len(list))
	for i, item := range list {
		var err error
		if all[i], err = Fields(item); err != nil {
			return nil, err
		}
	}
	return all, nil
}
