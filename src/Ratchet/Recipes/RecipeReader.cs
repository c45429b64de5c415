namespace Ratchet.Recipes;

/// <summary>Fills a recipe record from nodes and notes every mistake on the way.</summary>
internal sealed class RecipeReader(RecipeShape root, string? folder, List<RecipeMistake> mistakes)
{
    private readonly Dictionary<string, RecipePosition> _origins = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wrong = new(StringComparer.Ordinal);
    private readonly List<(string Path, IRecipeSection Section)> _sections = [];
    private RecipePosition _top;

    /// <summary>Where each written key path was written.</summary>
    public IReadOnlyDictionary<string, RecipePosition> Origins => _origins;

    public object Read(MapNode map)
    {
        _top = map.Position;
        var recipe = Section(root, map, "");
        foreach (var mistake in mistakes)
            _wrong.Add(mistake.Key);
        foreach (var (path, section) in _sections)
        {
            foreach (var conflict in section.Conflicts())
            {
                if (!conflict.With.Append(conflict.Key).Any(k => IsWrong(path + k)))
                    mistakes.Add(new(PositionOf(path + conflict.Key, conflict.With.Select(k => path + k)), path + conflict.Key, conflict.Message, conflict.Remedy));
            }
        }

        return recipe;
    }

    private bool IsWrong(string key) => _wrong.Contains(key) || _wrong.Any(w => w.StartsWith(key + "[", StringComparison.Ordinal) || key.StartsWith(w + ".", StringComparison.Ordinal));

    /// <summary>The place of a key; for one left at its default, of a setting that it conflicts with, or of its section.</summary>
    private RecipePosition PositionOf(string key, IEnumerable<string> others)
    {
        foreach (var candidate in others.Prepend(key))
        {
            if (_origins.TryGetValue(candidate, out var own))
                return own;
        }

        for (var dot = key.LastIndexOf('.'); dot > 0; dot = key.LastIndexOf('.', dot - 1))
        {
            if (_origins.TryGetValue(key[..dot], out var section))
                return section;
        }

        return _top;
    }

    private object Section(RecipeShape shape, MapNode map, string prefix)
    {
        var section = shape.Create();
        foreach (var entry in map.Entries)
        {
            if (prefix.Length == 0 && entry.Key == "system")
            {
                _origins["system"] = entry.Position;
                continue;
            }

            if (shape.Find(entry.Key) is not { } key)
            {
                Unknown(shape, entry, prefix);
                continue;
            }

            _origins[prefix + key.Name] = entry.Position;
            Fill(section, key, entry, prefix + key.Name);
        }

        foreach (var key in shape.Keys)
        {
            if (key.IsRequired && map.Find(key.Name) is null)
                mistakes.Add(new(map.Position, prefix + key.Name, "This key is missing and has no default.", $"Add it: {key.Allowed}."));
            // A section that is left out can still conflict with itself through its defaults, and is then the author's fault, not the user's.
        }

        if (section is IRecipeSection checks)
            _sections.Add((prefix, checks));
        return section;
    }

    private void Unknown(RecipeShape shape, MapEntry entry, string prefix)
    {
        var names = prefix.Length == 0 ? shape.Keys.Select(k => k.Name).Prepend("system").ToList() : [.. shape.Keys.Select(k => k.Name)];
        var where = prefix.Length == 0 ? "a recipe" : prefix[..^1];
        string? hint = null;
        if (NearestName.Find(entry.Key, names) is { } near)
            hint = $"Did you mean '{near}'?";
        else if (root.Leaves().Where(l => l.Key.Name == entry.Key).Select(l => l.Path).ToList() is { Count: > 0 } elsewhere)
            hint = $"There is {string.Join(" and ", elsewhere)}.";
        mistakes.Add(new(entry.Position, prefix + entry.Key, "There is no such key.", (hint is null ? "" : hint + " ") + $"Keys of {where}: {string.Join(", ", names)}."));
    }

    private void Fill(object section, RecipeKey key, MapEntry entry, string path)
    {
        var node = entry.Value;
        if (node is ScalarNode { IsNull: true })
        {
            if (key.IsNullable)
                key.Property.SetValue(section, null);
            else if (key.Section is null)
                Wrong(node, entry, path, "A value is missing here.", $"It must be {key.Allowed}.");
            // "learn:" with nothing below it is an empty section: all defaults.
            return;
        }

        if (key.Section is { } shape)
        {
            if (node is MapNode map)
                key.Property.SetValue(section, Section(shape, map, path + "."));
            else
                Wrong(node, entry, path, $"This must be a section of keys, not {node.Kind}.", $"Keys of {path}: {string.Join(", ", shape.Keys.Select(k => k.Name))}.");
        }
        else if (key.ElementType is { } element)
        {
            if (node is ListNode list)
                FillList(section, key, element, list, path);
            else
                Wrong(node, entry, path, $"This must be a list, not {node.Kind}.", $"Write it in brackets: {RecipeValues.Write(key.Default)} (the default).");
        }
        else if (key.ValueType == typeof(ShareRange))
        {
            FillRange(section, key, node, entry, path);
        }
        else if (node is ScalarNode scalar)
        {
            if (Value(key, key.ValueType, scalar, entry, path) is { } value)
                key.Property.SetValue(section, value);
        }
        else
        {
            Wrong(node, entry, path, $"This must be a single value, not {node.Kind}.", $"It must be {key.Allowed}.");
        }
    }

    private void FillList(object section, RecipeKey key, Type element, ListNode list, string path)
    {
        var items = Array.CreateInstance(element, list.Items.Count);
        var right = true;
        for (var i = 0; i < items.Length; i++)
        {
            var inner = $"{path}[{i}]";
            var value = list.Items[i] is ScalarNode { IsNull: false } scalar ? Value(key, element, scalar, null, inner) : null;
            if (list.Items[i] is not ScalarNode { IsNull: false })
                Wrong(list.Items[i], null, inner, $"An element must be {RecipeValues.TypeWords(element)}.", null);
            if (value is null)
                right = false;
            else
                items.SetValue(value, i);
        }

        if (right)
            key.Property.SetValue(section, Activator.CreateInstance(key.ValueType, global::System.Reflection.BindingFlags.Instance | global::System.Reflection.BindingFlags.NonPublic, null, [items], null));
    }

    private void FillRange(object section, RecipeKey key, RecipeNode node, MapEntry entry, string path)
    {
        if (node is ListNode { Items: [ScalarNode low, ScalarNode high] }
            && RecipeValues.TryRead(typeof(double), low, out var l) && RecipeValues.TryRead(typeof(double), high, out var h)
            && l is >= 0.0 and <= 1.0 && h is >= 0.0 and <= 1.0 && (double)l <= (double)h)
        {
            key.Property.SetValue(section, new ShareRange((double)l, (double)h));
        }
        else
        {
            Wrong(node, entry, path, "This is not a range of shares.", $"It must be {key.Allowed}.");
        }
    }

    private object? Value(RecipeKey key, Type type, ScalarNode scalar, MapEntry? entry, string path)
    {
        if (!RecipeValues.TryRead(type, scalar, out var value))
        {
            var text = scalar.Quoted ? $"the text \"{scalar.Text}\"" : $"'{scalar.Text}'";
            if (type.IsEnum)
            {
                var words = RecipeValues.Words(type);
                var near = NearestName.Find(scalar.Text, words);
                Wrong(scalar, entry, path, $"{Capital(text)} is not a value of this key.", (near is null ? "" : $"Did you mean '{near}'? ") + $"Allowed: {string.Join(", ", words)}.");
            }
            else
            {
                Wrong(scalar, entry, path, $"This must be {RecipeValues.TypeWords(type)}, not {text}.", key.Bounds.Count > 0 ? $"Allowed: {string.Join(" and ", key.Bounds.Select(b => b.Allowed))}." : null);
            }

            return null;
        }

        foreach (var bound in key.Bounds)
        {
            if (!bound.Holds(value!))
            {
                Wrong(scalar, entry, path, bound is FormAttribute ? $"'{scalar.Text}' is not allowed." : $"'{scalar.Text}' is out of bounds.", $"It must be {bound.Allowed}{(key.IsNullable ? ", or null" : "")}.");
                return null;
            }
        }

        if (key.RelativePath is { } relative && value is string file && file != relative.Except && folder is not null && scalar.Position.Line > 0)
            value = Path.GetFullPath(file, folder);
        return value;
    }

    private void Wrong(RecipeNode node, MapEntry? entry, string path, string message, string? remedy)
    {
        // An empty value has no place of its own in the file: its key's place is shown.
        var position = node is ScalarNode { IsNull: true } && entry is not null ? entry.Position : node.Position;
        mistakes.Add(new(position, path, message, remedy));
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
