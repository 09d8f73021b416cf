"""The Streamlit app: pages are controls, one call, views."""
