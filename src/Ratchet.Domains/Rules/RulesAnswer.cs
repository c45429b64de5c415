namespace Ratchet.Domains.Rules;

/// <summary>What a theory says about a statement.</summary>
public enum RulesAnswer
{
    /// <summary>The statement is established.</summary>
    Proved,

    /// <summary>Its negation is established.</summary>
    Disproved,

    /// <summary>Neither is.</summary>
    Unknown,
}
