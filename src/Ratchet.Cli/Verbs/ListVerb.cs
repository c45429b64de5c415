using System.CommandLine;
using Ratchet.Recipes;
using Ratchet.Systems;

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
        command.SetAction(parsed =>
        {
            var wanted = parsed.GetValue(kind);
            foreach (var each in Kinds.Where(k => wanted is null || k == wanted))
            {
                context.Out.WriteLine(each);
                foreach (var (name, text) in Items(each, context.Home))
                    context.Out.WriteLine($"  {name,-24}{text}".TrimEnd());
            }

            return 0;
        });
        return command;
    }

    private static IEnumerable<(string Name, string Text)> Items(string kind, string home) => kind switch
    {
        "systems" => SystemRecipes.Catalog.Systems.Select(s => (s, SystemRecipes.Catalog.Describe(s))),
        "recipes" => Recipes(Path.Combine(home, "recipes")),
        "domains" => DomainCatalog.Names.Select(n => (n, DomainCatalog.Create(n).Description)),
        _ => DomainCatalog.Names.Select(n => DomainCatalog.Create(n)).Select(d => (d.Verifier.Name, $"version {d.Verifier.Version}, in process, for the domain {d.Name}")),
    };

    private static IEnumerable<(string Name, string Text)> Recipes(string folder)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
        {
            var reading = SystemRecipes.Catalog.ReadFile(file);
            yield return (Path.GetFileName(file), reading.Recipe is null ? $"{reading.Mistakes.Count} mistakes; 'ratchet explain {file}' names them" : reading.Recipe.Description ?? "");
        }
    }
}
