namespace Ratchet.Recipes;

/// <summary>A piece of a recipe as written, with its place.</summary>
internal abstract record RecipeNode(RecipePosition Position)
{
    /// <summary>What the piece is, in words.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value.</summary>
internal sealed record ScalarNode(RecipePosition Position, string Text, bool Quoted) : RecipeNode(Position)
{
    public override string Kind => "a single value";

    /// <summary>YAML's ways of saying nothing.</summary>
    public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
internal sealed record ListNode(RecipePosition Position, IReadOnlyList<RecipeNode> Items) : RecipeNode(Position)
{
    public override string Kind => "a list";
}

/// <summary>Keys with values, in order.</summary>
internal sealed record MapNode(RecipePosition Position, List<MapEntry> Entries) : RecipeNode(Position)
{
    public override string Kind => "a section";

    public MapEntry? Find(string key) => Entries.Find(e => e.Key == key);
}

/// <summary>A key with its value and the key's own place.</summary>
internal sealed record MapEntry(string Key, RecipePosition Position, RecipeNode Value);
