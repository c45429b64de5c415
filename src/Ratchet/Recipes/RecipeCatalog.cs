using Ratchet.Runs;

namespace Ratchet.Recipes;

/// <summary>The systems that recipes can drive, each with its recipe type; <c>system:</c> in a recipe selects one.</summary>
public sealed class RecipeCatalog
{
    private readonly List<(string System, RecipeShape Shape)> _systems = [];

    /// <summary>Names of the systems in order of registration.</summary>
    public IReadOnlyList<string> Systems => [.. _systems.Select(s => s.System)];

    /// <summary>Adds a system's recipe type.</summary>
    /// <param name="system">Value of <c>system:</c>.</param>
    /// <exception cref="ArgumentException">The system is already there.</exception>
    public RecipeCatalog Add<TRecipe>(string system)
        where TRecipe : Recipe
    {
        if (Systems.Contains(system))
            throw new ArgumentException($"The system '{system}' is already there.", nameof(system));
        _systems.Add((system, RecipeShape.Of(typeof(TRecipe))));
        return this;
    }

    /// <summary>One sentence on a system: the doc comment of its recipe type.</summary>
    public string Describe(string system) => DocComments.Of(ShapeOf(system).Type);

    /// <summary>Reads a recipe file.</summary>
    /// <param name="path">File.</param>
    /// <param name="overrides">Values that take the place of the file's, later ones before earlier ones.</param>
    /// <exception cref="RatchetException">The file cannot be read. Mistakes inside it are in the result instead.</exception>
    public RecipeReading ReadFile(string path, IReadOnlyList<RecipeOverride>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
            throw new RatchetException($"{path} is a folder, not a recipe file.", "Name the .yaml file inside it.");
        if (!File.Exists(path))
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            var near = Directory.Exists(folder) ? NearestName.Find(Path.GetFileName(path), Directory.EnumerateFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)) : null;
            throw new RatchetException($"There is no recipe {path}.", near is null ? "Check the path; 'ratchet list recipes' shows the recipes that come with Ratchet." : $"Did you mean {Path.Combine(Path.GetDirectoryName(path) ?? "", near)}?");
        }

        try
        {
            return Read(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path)), overrides);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The recipe {path} cannot be read: {e.Message}", "Check the file's permissions.", e);
        }
    }

    /// <summary>Reads a recipe's text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="source">Name for messages.</param>
    /// <param name="folder">Folder that relative paths start from; null leaves them as they are.</param>
    /// <param name="overrides">Values that take the place of the text's.</param>
    public RecipeReading Read(string text, string source, string? folder = null, IReadOnlyList<RecipeOverride>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var mistakes = new List<RecipeMistake>();
        var node = RecipeYaml.Read(text, source, mistakes);
        if (node is null && mistakes.Count > 0)
            return new(source, null, mistakes, new Dictionary<string, RecipePosition>());
        if (node is null or ScalarNode { IsNull: true })
            node = new MapNode(new(source, 1, 1), []);
        if (node is not MapNode map)
        {
            mistakes.Add(new(node.Position, "", $"A recipe is keys with values, not {node.Kind}.", "Start with 'system:' and 'name:'."));
            return new(source, null, mistakes, new Dictionary<string, RecipePosition>());
        }

        foreach (var item in overrides ?? [])
            RecipeGraft.Put(map, item, mistakes);
        var shape = SystemOf(map, mistakes);
        if (shape is null)
            return new(source, null, mistakes, new Dictionary<string, RecipePosition>());
        var reader = new RecipeReader(shape, folder, mistakes);
        var recipe = (Recipe)reader.Read(map);
        List<string> order = [.. (overrides ?? []).Select(o => o.Option)];
        List<RecipeMistake> ordered = [.. mistakes.Select((m, i) => (m, i)).OrderBy(p => p.m.Position.Line == 0 ? int.MaxValue : p.m.Position.Line).ThenBy(p => p.m.Position.Line == 0 ? order.IndexOf(p.m.Position.Source) : p.m.Position.Column).ThenBy(p => p.i).Select(p => p.m)];
        return new(source, ordered.Count == 0 ? recipe : null, ordered, reader.Origins);
    }

    internal RecipeShape ShapeOf(string system) => _systems.First(s => s.System == system).Shape;

    private RecipeShape? SystemOf(MapNode map, List<RecipeMistake> mistakes)
    {
        var entry = map.Find("system");
        var known = $"Systems: {string.Join(", ", Systems)}.";
        if (entry is null)
        {
            mistakes.Add(new(map.Position, "system", "This key is missing: it says which system the recipe drives.", known));
            // With one system there is no doubt, and the other mistakes can be told as well.
            return _systems.Count == 1 ? _systems[0].Shape : null;
        }

        var name = (entry.Value as ScalarNode)?.Text ?? "";
        if (Systems.Contains(name))
            return ShapeOf(name);
        var near = NearestName.Find(name, Systems);
        mistakes.Add(new(entry.Value.Position, "system", $"There is no system '{name}'.", (near is null ? "" : $"Did you mean '{near}'? ") + known));
        return near is not null ? ShapeOf(near) : _systems.Count == 1 ? _systems[0].Shape : null;
    }
}
