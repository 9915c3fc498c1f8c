package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"redress/internal/contract"
)

// SearchAttributes returns what the namespace must have registered.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		contract.AttrTarget:  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		contract.AttrRunbook: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		contract.AttrMode:    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		contract.AttrAlert:   enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		contract.AttrStatus:  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		contract.AttrOutcome: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}
}

// Ready reports what is missing before Redress can work: a Temporal that answers, the
// namespace, the search attributes. The error holds the command that cures it.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	_, err := c.sdk.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.namespace})
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		return fmt.Errorf("Temporal at %s has no namespace %q; create it with: temporal operator namespace create --address %s --namespace %s: %w",
			c.address, c.namespace, c.address, c.namespace, contract.ErrUnavailable)
	}
	if err != nil {
		return fail(ctx, err, "reaching Temporal at %s", c.address)
	}
	known, err := c.sdk.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.namespace})
	if err != nil {
		return fail(ctx, err, "reading the search attributes of namespace %q of Temporal at %s", c.namespace, c.address)
	}
	return c.checkAttributes(known.GetCustomAttributes())
}

// checkAttributes compares what a namespace has with what we need.
func (c *Client) checkAttributes(known map[string]enumspb.IndexedValueType) error {
	wanted := SearchAttributes()
	var create, wrong []string
	for _, name := range sortedKeys(wanted) {
		kind, ok := known[name]
		switch {
		case !ok:
			create = append(create, fmt.Sprintf("--name %s --type %s", name, wanted[name]))
		case kind != wanted[name]:
			wrong = append(wrong, fmt.Sprintf("%s is a %s and must be a %s", name, kind, wanted[name]))
		}
	}
	var problems []string
	if len(wrong) > 0 {
		problems = append(problems, fmt.Sprintf("search attributes have the wrong type: %s; remove them with `temporal operator search-attribute remove`, or use another namespace", strings.Join(wrong, ", ")))
	}
	if len(create) > 0 {
		problems = append(problems, fmt.Sprintf("search attributes are missing; create them with: temporal operator search-attribute create --address %s --namespace %s %s",
			c.address, c.namespace, strings.Join(create, " ")))
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("namespace %q of Temporal at %s: %s: %w", c.namespace, c.address, strings.Join(problems, "; "), contract.ErrUnavailable)
}
