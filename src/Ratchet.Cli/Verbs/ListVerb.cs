using System.CommandLine;
using Ratchet.Recipes;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet list</c>.</summary>
internal static class ListVerb
{
    private static readonly string[] Kinds = ["systems", "recipes", "domains", "verifiers"];

    public static Command Make(CliContext context)
    {
        var kind = new Argument<string?>("kind") { Description = "systems, recipes, domains or verifiers; default all.", Arity = ArgumentArity.ZeroOrOne };
        kind.AcceptOnlyFromAmong(Kinds);
        var command = new Command("list", "Lists systems, recipes, domains and verifiers.") { kind };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = parsed.GetValue(kind);
            foreach (var each in Kinds.Where(k => wanted is null || k == wanted))
            {
                context.Out.WriteLine(each);
                foreach (var (name, text) in Items(each, context.Home))
                    context.Out.WriteLine($"  {name + (name.Length < 24 ? "" : " "),-24}{text}".TrimEnd());
                if (each == "verifiers")
                    await WriteStateAsync(context.Out, cancellationToken);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Which verifiers cannot be used here, and what to install.</summary>
    private static async Task WriteStateAsync(TextWriter writer, CancellationToken cancellationToken)
    {
        foreach (var entry in VerifierCatalog.All)
        {
            var state = await entry.ProbeAsync(new VerifierOptions(), cancellationToken);
            if (!state.IsAvailable)
                writer.WriteLine($"  {entry.Name} is not ready: {state.Text}{(state.Remedy is null ? "" : $" ({state.Remedy})")}");
        }
    }

    private static IEnumerable<(string Name, string Text)> Items(string kind, string home) => kind switch
    {
        "systems" => SystemRecipes.Catalog.Systems.Select(s => (s, SystemRecipes.Catalog.Describe(s))),
        "recipes" => Recipes(Path.Combine(home, "recipes")),
        "domains" => DomainCatalog.Names.Select(n => (n, DomainCatalog.Create(n).Description)),
        _ => VerifierCatalog.All.Select(v => (v.Name, v.Description)),
    };

    private static IEnumerable<(string Name, string Text)> Recipes(string folder)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var reading = SystemRecipes.Catalog.ReadFile(file);
            yield return (Path.GetRelativePath(folder, file), reading.Recipe is null ? $"{reading.Mistakes.Count} mistakes; 'ratchet explain {file}' names them" : reading.Recipe.Description ?? "");
        }
    }
}
