using System.Runtime.CompilerServices;
using Ratchet.Cli;

// Nothing but this method may run for --version: the command tree and its assemblies cost more than the answer.
if (args is ["--version"])
{
    Console.Out.WriteLine(typeof(CommandLine).Assembly.GetName().Version!.ToString(3));
    return 0;
}

return await Run(args);

[MethodImpl(MethodImplOptions.NoInlining)]
static Task<int> Run(string[] args) => CommandLine.RunAsync(args, CliContext.FromProcess());
