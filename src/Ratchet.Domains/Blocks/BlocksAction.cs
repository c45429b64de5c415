namespace Ratchet.Domains.Blocks;

/// <summary>What the hand can do.</summary>
internal enum BlocksVerb
{
    PickUp,
    PutDown,
    Stack,
    Unstack,
}

/// <summary>One action; <paramref name="Second"/> is null for the two that take one block.</summary>
internal sealed record BlocksAction(BlocksVerb Verb, string First, string? Second, int Start, int End)
{
    /// <summary>Words of the actions, in the order of <see cref="BlocksVerb"/>.</summary>
    public static IReadOnlyList<string> Words { get; } = ["pick-up", "put-down", "stack", "unstack"];

    public static int Arity(BlocksVerb verb) => verb is BlocksVerb.Stack or BlocksVerb.Unstack ? 2 : 1;

    /// <summary>The action as a line of a plan.</summary>
    public override string ToString() => Second is null ? $"{Words[(int)Verb]} {First}" : $"{Words[(int)Verb]} {First} {Second}";
}
