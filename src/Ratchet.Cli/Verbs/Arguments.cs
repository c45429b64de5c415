using System.CommandLine;

namespace Ratchet.Cli.Verbs;

/// <summary>Arguments that several verbs take.</summary>
internal static class Arguments
{
    public static Argument<string> Run(string name = "run") => new(name) { Description = "Folder of a run." };

    public static Option<bool> Json() => new("--json") { Description = "Machine-readable output." };

    public static Option<string> Domain() => new("--domain") { HelpName = "name", Description = "Domain, see 'ratchet list domains'.", DefaultValueFactory = _ => "propositional" };
}
