import java.io.File;
import org.gephi.graph.api.Edge;
import org.gephi.graph.api.Graph;
import org.gephi.graph.api.GraphController;
import org.gephi.graph.api.GraphModel;
import org.gephi.graph.api.Node;
import org.gephi.io.importer.api.Container;
import org.gephi.io.importer.api.ImportController;
import org.gephi.io.importer.api.Issue;
import org.gephi.io.processor.plugin.DefaultProcessor;
import org.gephi.project.api.ProjectController;
import org.gephi.project.api.Workspace;
import org.openide.util.Lookup;

/** Opens a graph file as Gephi's "Open" does, without a window, and prints what is in it as lines of name=value. */
public final class GraphSums {
    private GraphSums() { }

    public static void main(String[] arguments) throws Exception {
        ProjectController projects = find(ProjectController.class);
        projects.newProject();
        Workspace workspace = projects.getCurrentWorkspace();
        ImportController importing = find(ImportController.class);
        Container container = importing.importFile(new File(arguments[0]));
        int issues = 0;
        for (Issue issue : container.getReport().getIssuesList(1000)) {
            if (issue.getLevel().toInteger() >= Issue.Level.WARNING.toInteger()) {
                System.err.println(issue.getLevel() + " " + issue.getMessage());
                issues++;
            }
        }
        importing.process(container, new DefaultProcessor(), workspace);
        tell(find(GraphController.class).getGraphModel(workspace), issues);
        System.exit(0);  // threads of Gephi's would keep it alive
    }

    private static void tell(GraphModel model, int issues) {
        Graph graph = model.getGraph();
        double weight = 0;
        long followers = 0;
        int named = 0;
        int timed = 0;
        for (Edge edge : graph.getEdges()) {
            weight += edge.getWeight();
            timed += edge.getAttribute("first") == null ? 0 : 1;
        }
        for (Node node : graph.getNodes()) {
            Object count = node.getAttribute("followers");
            followers += count == null ? 0 : (Long) count;
            named += node.getLabel() == null || node.getLabel().isEmpty() ? 0 : 1;
        }
        print("issues", issues);
        print("nodes", graph.getNodeCount());
        print("edges", graph.getEdgeCount());
        print("weight", Math.round(weight));
        print("kinds", model.getEdgeTypeCount() - 1);  // the first is that of edges without a kind
        print("followers", followers);
        print("named", named);
        print("timed", timed);
        print("directed", model.isDirected() ? 1 : 0);
        print("dynamic", model.isDynamic() ? 1 : 0);
    }

    private static void print(String name, long value) {
        System.out.println(name + "=" + value);
    }

    private static <T> T find(Class<T> service) {
        return Lookup.getDefault().lookup(service);
    }
}
