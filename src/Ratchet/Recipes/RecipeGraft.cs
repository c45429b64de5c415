namespace Ratchet.Recipes;

/// <summary>Puts values of options into a recipe's nodes, so that they pass the same checks as written ones.</summary>
internal static class RecipeGraft
{
    public static void Put(MapNode map, RecipeOverride item, List<RecipeMistake> mistakes)
    {
        var position = new RecipePosition(item.Option, 0, 0);
        var parts = item.Key.Split('.');
        if (parts.Any(p => p.Length == 0))
        {
            mistakes.Add(new(position, "", $"'{item.Key}' is not a key path.", "Write it like propose.samples=16."));
            return;
        }

        RecipeNode value;
        if (item.IsText)
        {
            value = new ScalarNode(position, item.Value, true);
        }
        else
        {
            var before = mistakes.Count;
            var read = RecipeYaml.Read(item.Value, item.Option, mistakes, isOption: true);
            if (mistakes.Count > before)
                return;
            value = read ?? new ScalarNode(position, "", false);
        }

        for (var i = 0; i < parts.Length - 1; i++)
            map = Inner(map, parts[i], position);
        var index = map.Entries.FindIndex(e => e.Key == parts[^1]);
        var entry = new MapEntry(parts[^1], position, value);
        if (index >= 0)
            map.Entries[index] = entry;
        else
            map.Entries.Add(entry);
    }

    private static MapNode Inner(MapNode map, string key, RecipePosition position)
    {
        var index = map.Entries.FindIndex(e => e.Key == key);
        if (index >= 0 && map.Entries[index].Value is MapNode inner)
        {
            // A copy, because an anchor may share the node with another section.
            var copy = inner with { Entries = [.. inner.Entries] };
            map.Entries[index] = map.Entries[index] with { Value = copy };
            return copy;
        }

        var made = new MapNode(position, []);
        if (index >= 0 && map.Entries[index].Value is ScalarNode { IsNull: true })
            map.Entries[index] = map.Entries[index] with { Value = made };
        else if (index >= 0)
            map.Entries[index] = new(key, position, made);
        else
            map.Entries.Add(new(key, position, made));
        return made;
    }
}
