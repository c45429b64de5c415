namespace Ratchet.Verifiers.Pddl.Syntax;

/// <summary>Reads one <c>(:action ...)</c>.</summary>
internal static class ActionReader
{
    private static readonly string[] Keys = [":parameters", ":precondition", ":effect"];

    public static ActionSchema? Read(ListNode section, Scope scope)
    {
        var source = scope.Source;
        if (section.Items is not [_, WordNode name, ..])
        {
            source.Error(section, "An action's name is expected after :action.");
            return null;
        }

        var parts = Parts(section, source);
        scope.Reset();
        Variable[] parameters = [];
        if (parts.TryGetValue(":parameters", out var declared))
        {
            if (declared is ListNode list)
                parameters = TypedList.Variables(list, scope, source);
            else
                source.Error(declared, "Parameters stand in parentheses.");
        }

        scope.Push(parameters);
        var precondition = parts.TryGetValue(":precondition", out var condition) ? ConditionReader.Read(condition, scope) : Condition.True;
        var effects = new EffectReader(scope);
        if (parts.TryGetValue(":effect", out var effect))
            effects.Read(effect);
        return new ActionSchema(name.Text, parameters, precondition, [.. effects.Effects], [.. effects.Costs], scope.Slots);
    }

    private static Dictionary<string, Node> Parts(ListNode section, SourceText source)
    {
        var parts = new Dictionary<string, Node>(StringComparer.Ordinal);
        for (var i = 2; i < section.Items.Count; i++)
        {
            if (section.Items[i] is not WordNode { Text: var key } || !Keys.Contains(key))
            {
                source.Error(section.Items[i], $"One of {string.Join(", ", Keys)} is expected, not '{NodeReader.Shown(section.Items[i].ToString()!)}'.");
                continue;
            }

            if (i + 1 == section.Items.Count || section.Items[i + 1] is WordNode { Text: [':', ..] })
                source.Error(section.Items[i], $"Nothing stands after {key}.");
            else if (!parts.TryAdd(key, section.Items[++i]))
                source.Error(section.Items[i - 1], $"{key} stands twice.");
        }

        return parts;
    }
}
